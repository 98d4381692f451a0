# front_ends.sh - web servers other than the instance's nginx, started for a test. Sourced behind lib.sh.
#
#   apache NAME MODULE...      an Apache with these modules, besides the common ones, and the configuration on standard input; on
#                              $free_port of 127.0.0.1, its document root $place/site
#   lighttpd NAME              a lighttpd with the configuration on standard input, in the same way
#   nginx_auth WAY             the instance's nginx with callboard-auth-WAY.conf (pool, request) in place of callboard-auth-basic.conf
#   front_end_stop NAME        ends it; at the test's end all go by themselves

apache_modules=$(find /usr/lib -type d -path '*apache2/modules' | head -n 1)

apache() {
  local name=$1 module
  place=$work/$name
  shift
  free_ports
  mkdir -p "$place/site" "$place/ipc"
  {
    say "ServerRoot $place
ServerName 127.0.0.1
Listen 127.0.0.1:$free_port
PidFile $place/pid
ErrorLog $work/$name.log
DocumentRoot $place/site
${service_user:+User $service_user
Group $service_group}"
    for module in mpm_event unixd authn_core authz_core alias env setenvif log_config mime reqtimeout "$@"; do
      [ ! -e "$apache_modules/mod_$module.so" ] || say "LoadModule ${module}_module $apache_modules/mod_$module.so"
    done
    # Debian's places for these are www-data's alone.
    say "<IfModule fcgid_module>
FcgidIPCDir $place/ipc
FcgidProcessTableFile $place/fcgid_shm
</IfModule>
TypesConfig /dev/null
<Directory />
  AllowOverride None
  Require all denied
</Directory>"
    cat
  } >"$work/$name.conf"
  chown "${service_user:-$(id -un)}" "$place" "$place/ipc"
  ok "Apache takes the configuration: $name" apache2 -t -f "$work/$name.conf"
  background "$name" apache2 -f "$work/$name.conf" -D FOREGROUND
  ok "Apache starts: $name" eventually 10 port_taken "$free_port"
}

lighttpd() {
  local name=$1
  place=$work/$name
  free_ports
  mkdir -p "$place/site"
  {
    say "server.bind = \"127.0.0.1\"
server.port = $free_port
server.document-root = \"$place/site\"
${service_user:+server.username = \"$service_user\"
server.groupname = \"$service_group\"}"
    cat
  } >"$work/$name.conf"
  chown "${service_user:-$(id -un)}" "$place"
  ok "lighttpd takes the configuration: $name" command lighttpd -tt -f "$work/$name.conf"
  background "$name" lighttpd -D -f "$work/$name.conf"
  ok "lighttpd starts: $name" eventually 10 port_taken "$free_port"
}

nginx_auth() {
  local locations=$dir/nginx/snippets/callboard-locations.conf
  [ -e "$locations.basic" ] || cp "$locations" "$locations.basic"
  sed "s/callboard-auth-basic/callboard-auth-$1/" "$locations.basic" >"$locations"
  if [ "$1" = request ]; then
    sed -i 's/^location = .directory {/&\n  set $callboard_group directory;/' "$locations"
    say "include snippets/callboard-auth.conf;" >>"$locations"
  fi
  ok "nginx takes callboard-auth-$1.conf" nginx -t -p "$dir/nginx" -c "$dir/nginx/nginx.conf" -e stderr
  server_stop nginx
  server_start nginx
}

front_end_stop() {
  process_stop "$work/$1.pid" TERM
}
