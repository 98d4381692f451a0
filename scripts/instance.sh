# instance.sh - one callboard with all it needs: a private Redis, the pool and nginx, in one directory.
#
#   instance_at HOME PORT HTTP_PORT BUILD   says which instance the other functions speak of
#   instance_start                          makes what is missing and starts it; cleans up if it cannot
#   instance_stop                           stops it: nginx, the pool, Redis
#   instance_running                        true when any of its servers runs
#   server_start NAME, server_stop NAME     one of redis, pool, events, nginx, and freeswitch: the feed, started when settings.conf
#                                           has a FreeSWITCH for it
#
# In HOME:
#   env             what a caller needs to know, for a shell; mode 0600
#   settings.conf   optional, yours: laid over callboard.conf
#   tls/ htpasswd htpasswd-freeswitch tokens callboard.conf redis.conf *.pid log/
#   redis/ pool/ nginx/   what each server keeps: data, socket, temporary files
#   live            only where HOME will not do for the servers: a link to where all but the first two are

# As root, no server stays root: all of them become this user.
if [ "$(id -u)" = 0 ]; then
  service_user=www-data
  service_group=www-data
  as_service_user=(setpriv --reuid="$service_user" --regid="$service_group" --init-groups)
else
  service_user=
  service_group=$(id -g)
  as_service_user=()
fi

start_seconds=20

instance_at() {
  home=$(realpath -m "$1")
  port=$2
  http_port=$3
  build=$(realpath -m "$4")
  dir=$home
  if [ -d "$home/live" ] && [ -O "$home/live/" ]; then
    dir=$(readlink -f "$home/live")
  fi
  certificate=$dir/tls/certificate.pem
  redis_socket=$dir/redis/redis.sock
  pool_socket=$dir/pool/callboard.sock
  events_socket=$dir/pool/events.sock
}

instance_start() {
  instance_place && instance_prepare && demo_start || return
  server_start redis && server_start pool && server_start events && server_start nginx && feed_start && return
  instance_stop
  return 1
}

feed_start() {
  ! grep -qE '^\[(freeswitch|asterisk)\.server\.' "$dir/callboard.conf" || server_start freeswitch
}

instance_stop() {
  server_stop nginx
  server_stop freeswitch
  server_stop events
  server_stop pool
  server_stop redis
  server_stop demo
}

instance_running() {
  server_running redis || server_running pool || server_running events || server_running nginx ||
    server_running freeswitch
}

# --- what the servers need ------------------------------------------------------------------------------

# Makes HOME. The servers' files go elsewhere, with a link to them, when the path of a socket would be longer
# than the kernel takes (107 bytes), or when the servers' user cannot get there (a clone below /root).
instance_place() {
  if ! [ -d "$home" ]; then
    mkdir -p "$(dirname "$home")" && install -d -m 0750 -g "$service_group" "$home" || return
  fi
  [ "$dir" = "$home" ] || return 0
  [ ${#pool_socket} -gt 107 ] || ! "${as_service_user[@]}" test -x "$home" || return 0

  local elsewhere
  elsewhere=$(mktemp -d /var/tmp/callboard-XXXXXX) &&
    chgrp "$service_group" "$elsewhere" && chmod 0750 "$elsewhere" &&
    ln -sfn "$elsewhere" "$home/live" || return
  instance_at "$home" "$port" "$http_port" "$build"
}

instance_prepare() {
  ulimit -Sn hard
  install -d -m 0750 -g "$service_group" "$dir/log" "$dir/nginx" "$dir/nginx/snippets" "$dir/tls" &&
    install -d -m 0700 ${service_user:+-o "$service_user"} -g "$service_group" "$dir/redis" "$dir/pool" "$dir/spool" &&
    certificate_make &&
    credentials_make &&
    redis_configuration >"$dir/redis.conf" &&
    demo_prepare &&
    pool_configuration >"$dir/callboard.conf" &&
    web_copy &&
    nginx_configure &&
    for_the_servers "$dir/htpasswd" "$dir/htpasswd-freeswitch" "$dir/tokens" "$dir/domain-tokens" "$dir/redis.conf" "$dir/callboard.conf" &&
    env_write
}

for_the_servers() {
  chgrp "$service_group" "$@" && chmod 0640 "$@"
}

# A certificate for this machine's loopback names, made again on its last day.
certificate_make() {
  openssl x509 -in "$certificate" -noout -checkend 86400 >/dev/null 2>&1 && return
  openssl req -x509 -nodes -days 365 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 \
    -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1 \
    -keyout "$dir/tls/key.pem" -out "$certificate" >"$dir/log/openssl.log" 2>&1 && return
  warn "openssl could not make a certificate:"
  last_lines "$dir/log/openssl.log"
  return 1
}

# The files of credentials hold hashes only, so the secrets stay in HOME/env from one start to the next.
credentials_make() {
  demo_user=demo
  demo_domain=callboard.test
  demo_password=$(secret_kept CALLBOARD_PASSWORD "$dir/htpasswd" ||
    "$build/callboard-passwd" "$dir/htpasswd" add "$demo_user") &&
    demo_token=$(secret_kept CALLBOARD_TOKEN "$dir/tokens" ||
      "$build/callboard-passwd" "$dir/tokens" token add "$demo_user") &&
    demo_domain_token=$(secret_kept CALLBOARD_DOMAIN_TOKEN "$dir/domain-tokens" ||
      "$build/callboard-passwd" "$dir/domain-tokens" token add "$demo_domain") &&
    credentials_make_freeswitch "$dir/htpasswd-freeswitch"
}

# FreeSWITCH's credentials are good for /directory alone; the demo's user may ask there too.
credentials_make_freeswitch() {
  local demo_line
  freeswitch_password=$(secret_kept CALLBOARD_FREESWITCH_PASSWORD "$1" ||
    "$build/callboard-passwd" "$1" add freeswitch) || return
  demo_line=$(grep "^$demo_user:" "$dir/htpasswd") || return
  grep -qxF "$demo_line" "$1" && return
  { grep -v "^$demo_user:" "$1" && say "$demo_line"; } >"$1.new" && mv "$1.new" "$1"
}

# secret_kept VARIABLE FILE: VARIABLE of HOME/env, while FILE, which holds its hash, is there.
secret_kept() {
  [ -s "$home/env" ] && [ -s "$2" ] && (. "$home/env" && [ -n "${!1-}" ] && say "${!1}")
}

env_write() {
  (
    umask 077
    {
      say "# The callboard in $home. For a shell: . $(quoted "$home/env")"
      env_line CALLBOARD_URL "https://127.0.0.1:$port"
      env_line CALLBOARD_HTTP_URL "http://127.0.0.1:$http_port"
      env_line CALLBOARD_USER "$demo_user"
      env_line CALLBOARD_PASSWORD "$demo_password"
      env_line CALLBOARD_TOKEN "$demo_token"
      env_line CALLBOARD_DOMAIN "$demo_domain"
      env_line CALLBOARD_DOMAIN_TOKEN "$demo_domain_token"
      env_line CALLBOARD_FREESWITCH_PASSWORD "$freeswitch_password"
      env_line CALLBOARD_CA "$certificate"
      env_line CALLBOARD_REDIS "$redis_socket"
    } >"$home/env.new" && mv "$home/env.new" "$home/env"
  )
}

env_line() {
  say "$1=$(quoted "$2")"
}

# quoted TEXT: as one word of any shell; as it is where that will do.
quoted() {
  case $1 in
    *[!A-Za-z0-9_.,:/@%+=-]* | '') say "'${1//\'/\'\\\'\'}'" ;;
    *) say "$1" ;;
  esac
}

redis_configuration() {
  cat <<END
port 0
unixsocket "$redis_socket"
unixsocketperm 700
dir "$dir/redis"
appendonly yes
appendfsync everysec
save ""
END
}

pool_configuration() {
  local standard="[callboard]
listen = unix:$pool_socket${service_user:+
user = $service_user
group = $service_group
socket_group = $service_group}

[redis]
address = unix:$redis_socket

[spool]
directory = $dir/spool

[direct]
tokens = $dir/tokens

[events]
listen = unix:$events_socket
tokens = $dir/domain-tokens

[cticache.pool.default]
numbers = 5551234560-5551234599"

  [ -z "$demo" ] || standard=$(settings_overlay <(say "$standard") <(demo_settings))
  if [ -r "$home/settings.conf" ]; then
    settings_overlay <(say "$standard") "$home/settings.conf"
  else
    say "$standard"
  fi
}

# settings_overlay FILE OTHER: all settings of both, by section; OTHER's replace FILE's of the same name.
settings_overlay() {
  awk '
    /^[[:space:]]*([#;]|$)/ { next }
    /^\[/ {
      section = $0
      if (!(section in count)) { sections[++total] = section; count[section] = 0 }
      next
    }
    {
      key = $0
      sub(/[[:space:]]*=.*/, "", key)
      if (!((section, key) in from)) keys[section, ++count[section]] = key
      else if (from[section, key] != FILENAME) lines[section, key] = ""
      from[section, key] = FILENAME
      lines[section, key] = lines[section, key] $0 "\n"
    }
    END {
      for (s = 1; s <= total; s++) {
        print sections[s]
        for (k = 1; k <= count[sections[s]]; k++) printf "%s", lines[sections[s], keys[sections[s], k]]
        print ""
      }
    }' "$1" "$2"
}

# The wallboard's files, to where the servers' user can read them.
web_copy() {
  rm -rf "$dir/web" && install -d -m 0755 "$dir/web" "$dir/web/icons" &&
    install -m 0644 -t "$dir/web" "$root"/web/*.html "$root"/web/*.css "$root"/web/*.js &&
    install -m 0644 -t "$dir/web/icons" "$root"/web/icons/*.svg
}

nginx_configure() {
  local template file
  for template in "$root"/nginx/*.conf.in; do
    file=$(basename "$template" .in)
    case $file in
      callboard-*) file=snippets/$file ;;
    esac
    template_fill "$template" \
      user "${service_user:+user $service_user;}" \
      directory "$dir/nginx" \
      access_log "$dir/log/access.log" \
      error_log stderr \
      https_listen "127.0.0.1:$port" \
      http_listen "127.0.0.1:$http_port" \
      certificate "$certificate" \
      certificate_key "$dir/tls/key.pem" \
      htpasswd "$dir/htpasswd" \
      web "$dir/web" \
      htpasswd_freeswitch "$dir/htpasswd-freeswitch" \
      socket "$pool_socket" \
      events_socket "$events_socket" >"$dir/nginx/$file" || return
  done
}

# template_fill FILE [NAME VALUE]...: FILE with each @NAME@ replaced.
template_fill() {
  local text
  text=$(<"$1") || return
  shift
  while [ $# -gt 0 ]; do
    text=${text//"@$1@"/"$2"}
    shift 2
  done
  say "$text"
}

# --- the servers ----------------------------------------------------------------------------------------

# server_start NAME: starts it and waits until it answers; on failure shows the end of its log.
server_start() {
  local log=$dir/log/$1.log pid_file=$dir/$1.pid
  case $1 in
    redis)
      rm -f "$redis_socket"
      process_start "$pid_file" "$log" "${as_service_user[@]}" redis-server "$dir/redis.conf"
      server_await redis redis_answers && return
      ;;
    pool)
      rm -f "$pool_socket"
      process_start "$pid_file" "$log" "$build/callboard.fcgi" --config "$dir/callboard.conf"
      server_await pool test -S "$pool_socket" && return
      ;;
    events)
      rm -f "$events_socket"
      process_start "$pid_file" "$log" "$build/callboard-events" --config "$dir/callboard.conf"
      server_await events test -S "$events_socket" && return
      ;;
    freeswitch)
      process_start "$pid_file" "$log" "$build/callboard-freeswitch" --config "$dir/callboard.conf"
      server_await freeswitch feed_answers && return
      ;;
    nginx)
      process_start "$pid_file" "$log" nginx -p "$dir/nginx" -c "$dir/nginx/nginx.conf" -e stderr
      server_await nginx nginx_answers && return
      ;;
  esac
  warn "$1 did not start. The end of $log:"
  last_lines "$log"
  return 1
}

server_stop() {
  case $1 in
    nginx) process_stop "$dir/nginx.pid" QUIT ;;
    *) process_stop "$dir/$1.pid" TERM ;;
  esac
}

server_running() {
  process_running "$dir/$1.pid"
}

# The id of a server's first process.
server_id() {
  process_id "$dir/$1.pid"
}

# server_await NAME COMMAND...: waits until COMMAND succeeds; fails as soon as the server has ended.
server_await() {
  local name=$1 deadline=$((SECONDS + start_seconds))
  shift
  until "$@" >/dev/null 2>&1; do
    server_running "$name" || return
    [ $SECONDS -lt $deadline ] || return
    sleep 0.1
  done
  server_running "$name"
}

redis_answers() {
  [ "$(redis-cli -s "$redis_socket" ping)" = PONG ]
}

# It has said in Redis how its servers are.
feed_answers() {
  redis-cli -s "$redis_socket" hvals callboard:feeds | grep -q "pid.*:$(server_id freeswitch),"
}

# Any answer will do, but it must be our own nginx's: nobody else has the certificate.
nginx_answers() {
  curl -s -o /dev/null --max-time 2 --cacert "$certificate" "https://127.0.0.1:$port/"
}

# True when somebody listens on PORT of this machine.
port_taken() {
  (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}
