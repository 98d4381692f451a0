#!/usr/bin/env bash
# 11-nginx.sh - the site template in nginx/: what nginx answers by itself, what it hands on to the pool, and what
# stays out of the logs. An echo stands in for the pool, so that the test sees all that nginx hands on.
. "$(dirname "$0")/../lib.sh"

start_instance
server_stop pool

# --- nginx's own errors are JSON ---

anonymous GET /cticache/DNIS-ANI/5551234560:1
same "no credentials: 401" 401 "$STATUS"
same "401 asks for basic auth" 'Basic realm="callboard"' "$(header WWW-Authenticate)"
same "401 is JSON" "application/json; charset=utf-8" "$(header Content-Type)"
contains "401 says what is needed" password "$(json error)"

anonymous GET /status --user "$CALLBOARD_USER:wrong"
same "wrong password: 401" 401 "$STATUS"
anonymous POST /metrics --data x=1
same "POST without credentials: 401" 401 "$STATUS"

head -c 1048577 /dev/zero >"$work/large"
http POST /cticache/DNIS-ANI --data-binary "@$work/large"
same "a body over 1 MiB: 413" 413 "$STATUS"
contains "413 is JSON" "large" "$(json error)"

http GET /nowhere
same "unknown path: 404" 404 "$STATUS"
contains "404 is JSON" "nothing" "$(json error)"

long=$(head -c 9000 /dev/zero | tr '\0' a)
http GET "/status?$long"
same "request line over 8 KiB: 414" 414 "$STATUS"
contains "414 is JSON" "long" "$(json error)"
http GET /status --header "X-Long: $long"
same "header over 8 KiB: 431" 431 "$STATUS"
contains "431 is JSON" "large" "$(json error)"
http GET /status%00 --path-as-is
same "malformed path: 400" 400 "$STATUS"
contains "400 is JSON" "cannot be read" "$(json error)"
http GET "http://127.0.0.1:$port/status"
same "HTTP on the port of HTTPS: 400" 400 "$STATUS"
http TRACE /status
same "TRACE: 405" 405 "$STATUS"

http GET /status
same "pool away: 502" 502 "$STATUS"
same "502 says when to try again" 1 "$(header Retry-After)"
contains "502 is JSON" "not running" "$(json error)"
http HEAD /status
same "pool away, HEAD: 502" 502 "$STATUS"
http POST "/direct/items/phonecalls/create?token=secret-of-a-token" --data source=7222
same "pool away, POST: 502" 502 "$STATUS"

# --- what the pool is told ---

rm -f "$pool_socket"
background echo python3 "$root/tests/echo_pool.py" "$pool_socket"
eventually 10 test -S "$pool_socket"

http GET "/cticache//x/../DNIS%2DANI/5551234560:%2B1?a=%20b" --path-as-is
same "the right password gets through" 200 "$STATUS"
same "REMOTE_USER is the user" "$CALLBOARD_USER" "$(json REMOTE_USER)"
same "REQUEST_URI is the path as it came" "/cticache//x/../DNIS%2DANI/5551234560:%2B1?a=%20b" "$(json REQUEST_URI)"
same "DOCUMENT_URI is the path as nginx read it" "/cticache/DNIS-ANI/5551234560:+1" "$(json DOCUMENT_URI)"
same "QUERY_STRING is the query as it came" "a=%20b" "$(json QUERY_STRING)"
same "REQUEST_METHOD" GET "$(json REQUEST_METHOD)"
same "REMOTE_ADDR" 127.0.0.1 "$(json REMOTE_ADDR)"
same "HTTPS" on "$(json HTTPS)"
same "the password stays with nginx" "" "$(json HTTP_AUTHORIZATION)"

http POST "$CALLBOARD_HTTP_URL/cticache/DNIS-ANI" --header 'Content-Type: application/json' --data '{"ani":"1"}'
same "CONTENT_TYPE" application/json "$(json CONTENT_TYPE)"
same "CONTENT_LENGTH" 11 "$(json CONTENT_LENGTH)"
same "plain HTTP is told from HTTPS" "" "$(json HTTPS)"
http POST /cticache/DNIS-ANI --header 'Transfer-Encoding: chunked' --data '{"ani":"1"}'
same "CONTENT_LENGTH of a chunked body" 11 "$(json CONTENT_LENGTH)"

http GET /status --header 'X-Request-Id: Call.2026-11_07'
same "a good X-Request-Id is handed on" "Call.2026-11_07" "$(json REQUEST_ID)"
http GET /status --header 'X-Request-Id: two words'
ok "a bad X-Request-Id is replaced" grep -qE '^[0-9a-f]{32}$' <<<"$(json REQUEST_ID)"

# nginx fills $remote_user from the header even where it checks no password.
anonymous GET "/direct/items/phonecalls/create?token=secret-of-a-token" --user "$CALLBOARD_USER:forged-password"
same "/direct needs no basic auth" 200 "$STATUS"
same "a forged user does not become one" "" "$(json REMOTE_USER)"
same "nor does the header get through" "" "$(json HTTP_AUTHORIZATION)"
anonymous GET /direct --header 'Remote-User: root' --header 'Remote_User: root' --header 'Proxy: evil'
same "nor one from another header" "" "$(json REMOTE_USER)"
same "no Proxy header" "" "$(json HTTP_PROXY)"

for path in cticache/x directory notifications/x cdr/x registrations calls channels status metrics; do
  anonymous GET "/$path"
  same "/$path needs credentials" 401 "$STATUS"
done
for path in statusx cticache.php auth; do
  http GET "/$path"
  same "/$path is nobody's" 404 "$STATUS"
done

# --- wrong passwords: nginx counts what it refuses ---

ok "nginx finds nothing wrong with the templates" nginx -t -p "$dir/nginx" -c "$dir/nginx/nginx.conf" -e stderr

# guesses ADDRESS USER...: the different statuses that wrong passwords from there were answered with.
guesses() {
  local user
  for user in "${@:2}"; do
    say "next
url = $CALLBOARD_HTTP_URL/calls
interface = $1
user = $user:wrong
output = /dev/null
silent
write-out = %{http_code}\\n"
  done | sed 1d | curl -K - | sort | uniq | paste -sd ' '
}
same "wrong passwords of one user are refused, and soon told to wait" "401 429" "$(guesses 127.0.0.1 mallory{,,,,,,,,,,,,})"
anonymous GET "$CALLBOARD_HTTP_URL/calls" --user mallory:wrong
same "how long" "429 10" "$STATUS $(header Retry-After)"
contains "as JSON" "too many wrong passwords" "$(json error)"
same "another user's are counted by themselves" 401 "$(guesses 127.0.0.1 eve eve)"
same "so are those from another address" 401 "$(guesses 127.0.0.2 mallory mallory)"
same "the same for a user that there is" "401 429" "$(guesses 127.0.0.1 "$CALLBOARD_USER"{,,,,,,,,,,,,})"
http GET /calls
same "who knows the password gets in meanwhile" 200 "$STATUS"
http GET /directory
same "by every door" 200 "$STATUS"
same "many users' from one address are counted together" "401 429" "$(guesses 127.0.0.3 user-{1..200})"
for _ in {1..20}; do
  anonymous GET /calls
done
same "who gives none is asked for one, however often" "401 Basic realm=\"callboard\"" "$STATUS $(header WWW-Authenticate)"
# The pattern of fail2ban's filter nginx-limit-req.
ok "the error log has what fail2ban looks for" \
  grep -qP '\[[a-z]+\] \d+#\d+: \*\d+ limiting requests, excess: [\d\.]+ by zone "(?:[^"]+)", client: 127.0.0.1,' "$dir/log/nginx.log"

# --- kept connections and large answers ---

# One call of curl stays on one connection, and so with one nginx worker and its kept connections to the pool.
in_a_row() {
  : >"$work/echo.log"
  curl -s -o /dev/null -o /dev/null --cacert "$CALLBOARD_CA" --user "$CALLBOARD_USER:$CALLBOARD_PASSWORD" \
    "$CALLBOARD_URL/status" --next -o /dev/null -w '%{http_code}' --cacert "$CALLBOARD_CA" \
    --user "$CALLBOARD_USER:$CALLBOARD_PASSWORD" -X "$1" "$CALLBOARD_URL/cticache/x?drop"
}
same "a request that is never answered: 502" 502 "$(in_a_row GET)"
same "a GET on a kept connection that closed is tried again" 2 "$(grep -c 'GET .*drop' "$work/echo.log")"
same "a POST that is never answered: 502" 502 "$(in_a_row POST)"
same "a POST is never sent twice" 1 "$(grep -c 'POST .*drop' "$work/echo.log")"

http GET '/cdr/x?bytes=1048576' --limit-rate 8M
same "an answer of 1 MiB arrives whole" 1048576 "${#BODY}"
not_ok "and stays in memory" grep -q 'temporary file' "$dir/log/nginx.log"

# --- secrets stay out of the logs ---

anonymous GET '/direct/items?token=secret-of-a-token' --header "X-Long: $long"
ok "the access log has the path" grep -q 'GET /direct/items/phonecalls/create HTTP/1.1" 200' "$dir/log/access.log"
not_ok "no log has the token" grep -r secret-of-a-token "$dir/log"
not_ok "no log has a password" grep -r -e "$CALLBOARD_PASSWORD" -e forged-password "$dir/log"
