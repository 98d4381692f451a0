#!/usr/bin/env bash
# 74-front-ends.sh - the same clients, behind every web server and in every way there is a template for: each gets what the
# contracts say, and the same bytes as behind the others.
. "$(dirname "$0")/../lib.sh"
. "$root/tests/front_ends.sh"
. "$root/tests/scenario.sh"

# The web servers' user starts the program himself here, and reads its configuration.
mkdir "$work/bin" && cp "$CALLBOARD_BUILD/callboard.fcgi" "$work/bin/" && chmod 755 "$work" "$work/bin"
program=$work/bin/callboard.fcgi
passwords=$work/htpasswd
touch "$passwords" && for_the_servers "$passwords"
start_instance "$scenario_settings
[credentials]
htpasswd = $passwords"
cat "$dir/htpasswd" >"$passwords"
server_stop pool && server_start pool
scenario_redis() {
  redis "$@"
}

# behind NAME [BASE]: runs the scenarios, and compares.
behind() {
  scenario_redis flushall >/dev/null
  say "# $1"
  scenario_run "${2:-http://127.0.0.1:$free_port}" "$work/$1.answers"
  [ "$1" = nginx ] || same "$1 answers as nginx, byte by byte" "" "$(diff "$work/nginx.answers" "$work/$1.answers")"
}

# pool_away BASE: what clients see while the pool is away, and the logs do not.
pool_away() {
  server_stop pool
  anonymous GET "$1/direct/items/phonecalls/list?token=$CALLBOARD_TOKEN"
  contains "the pool is away: the web server says so" " $STATUS " " 502 503 "
  server_start pool
  ok "and asks it again as soon as it is back" eventually 5 pool_answers "$1"
}

pool_answers() {
  anonymous GET "$1/direct/items/phonecalls/list?token=$CALLBOARD_TOKEN"
  [ "$STATUS" = 200 ]
}

# --- nginx: the pool checks passwords, as everywhere below ---

nginx_auth pool
behind nginx "$CALLBOARD_HTTP_URL"
pool_away "$CALLBOARD_HTTP_URL"

# --- Apache ---

apache proxy-fcgi proxy proxy_fcgi < <(template_fill "$root/apache/callboard-proxy-fcgi.conf.in" \
  socket "$pool_socket" access_log "$work/access.log")
behind proxy-fcgi
pool_away "http://127.0.0.1:$free_port"
front_end_stop proxy-fcgi

apache fcgid fcgid < <(template_fill "$root/apache/callboard-fcgid.conf.in" \
  program "$program" config "$dir/callboard.conf" access_log "$work/access.log")
behind fcgid
front_end_stop fcgid

apache cgid cgid < <(say "ScriptSock $work/cgid/cgid" && template_fill "$root/apache/callboard-cgid.conf.in" \
  program "$program" config "$dir/callboard.conf" access_log "$work/access.log")
behind cgid
front_end_stop cgid

# Shared hosting: a directory with .htaccess and the program, and a Redis elsewhere, which wants a password.
free_ports
redis_port=$free_port
say "port $redis_port
bind 127.0.0.1
dir $work
save \"\"
requirepass far-away" >"$work/remote.conf"
background remote redis-server "$work/remote.conf"
eventually 10 port_taken "$redis_port"
say far-away >"$work/redis-password"
for_the_servers "$work/redis-password"
scenario_redis() {
  REDISCLI_AUTH=far-away redis-cli -p "$redis_port" "$@"
}

site=$work/htaccess/site
mkdir -p "$site"
cp "$program" "$site/callboard.cgi"
{
  template_fill "$root/apache/htaccess.in" config "$dir/callboard.conf"
  say "SetEnv CALLBOARD_CONF_REDIS_ADDRESS redis://127.0.0.1:$redis_port/0
SetEnv CALLBOARD_CONF_REDIS_PASSWORD_FILE $work/redis-password"
} >"$site/.htaccess"
apache htaccess cgid rewrite < <(say "ScriptSock $work/htaccess/cgid
<Directory $site>
  Require all granted
  AllowOverride AuthConfig FileInfo Options
</Directory>")
behind htaccess
front_end_stop htaccess

# --- lighttpd ---

scenario_redis() {
  redis "$@"
}
lighttpd lighttpd < <(template_fill "$root/lighttpd/callboard.conf.in" \
  socket "$pool_socket" access_log "$work/lighttpd/access.log")
behind lighttpd
pool_away "http://127.0.0.1:$free_port"

for log in "$dir/log" "$work" "$work/lighttpd"; do
  ok "the access log has the path" grep -q '"GET /direct/items/phonecalls/create HTTP/1.1" 200' "$log/access.log"
done
not_ok "no log has a password or a token" grep -rlF -e "$CALLBOARD_PASSWORD" -e "$CALLBOARD_TOKEN" "$work" --include='*.log'
