#!/usr/bin/env bash
# 78-stream-front-ends.sh - the event stream and the wallboard behind every web server there is a template for: the same clients,
# and each is told the same as behind the others.
. "$(dirname "$0")/../lib.sh"
. "$root/tests/front_ends.sh"
. "$root/tests/stream_scenario.sh"

chmod 755 "$work"
start_instance "$stream_settings"

behind() {
  say "# $1"
  stream_run "$1" "$2"
  [ "$1" = nginx ] || same "$1: clients are told the same as behind nginx" "" "$(diff "$work/nginx.told" "$work/$1.told" | cut -c 1-300)"
  in_a_browser "$1" "$2"
}

in_a_browser() {
  if ! command -v chromium >/dev/null; then
    say "# skipped: the wallboard in a browser, as there is no Chromium"
  elif sanitized; then
    say "# skipped: the wallboard in a browser, as a browser beside sanitized servers takes too long"
  else
    server_stop events && redis flushall >/dev/null && stream_set 1001 '{"id":"1001","name":"Eva"}' && server_start events
    timeout 90 node "$root/tests/wallboard/behind.mjs" "$1" "$2" "$CALLBOARD_DOMAIN" "$CALLBOARD_DOMAIN_TOKEN" "$CALLBOARD_REDIS" \
      >"$work/$1-browser.log" 2>&1 || fail "the test of the page gets to its end"
    failures=$((failures + $(grep -c '^not ok ' "$work/$1-browser.log")))
    cat "$work/$1-browser.log"
  fi
}

behind nginx "$CALLBOARD_HTTP_URL"

# A body must come within a second here, and what follows a handshake is none.
apache apache proxy proxy_fcgi proxy_http dir headers deflate filter < <(say "RequestReadTimeout header=5 body=1,MinRate=500
AddOutputFilterByType DEFLATE text/event-stream"
  template_fill "$root/apache/callboard-proxy-fcgi.conf.in" socket "$pool_socket" access_log "$work/access.log"
  template_fill "$root/apache/callboard-events.conf.in" events_socket "$events_socket" web "$dir/web")
behind apache "http://127.0.0.1:$free_port"
front_end_stop apache

lighttpd lighttpd < <(say "server.max-read-idle = 1"
  template_fill "$root/lighttpd/callboard.conf.in" socket "$pool_socket" access_log "$work/lighttpd/access.log"
  template_fill "$root/lighttpd/callboard-events.conf.in" events_socket "$events_socket" web "$dir/web")
behind lighttpd "http://127.0.0.1:$free_port"
front_end_stop lighttpd

not_ok "no log has a token" grep -rlF -e "$CALLBOARD_DOMAIN_TOKEN" "$work" --include='*.log'
