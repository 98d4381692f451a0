#!/usr/bin/env bash
# One request a process: the same answers as the pool gives, as a CGI program.
. "$(dirname "$0")/../lib.sh"

start_instance '
[cticache.pool.default]
numbers = 5551234560-5551234569'

# cgi METHOD PATH [NAME=VALUE]...: runs it as a web server would, with standard input as its body; sets STATUS, BODY
# and HEADERS.
cgi() {
  env -i GATEWAY_INTERFACE=CGI/1.1 SERVER_PROTOCOL=HTTP/1.1 CALLBOARD_CONFIG="$dir/callboard.conf" \
    ASAN_OPTIONS="$ASAN_OPTIONS" UBSAN_OPTIONS="$UBSAN_OPTIONS" \
    REQUEST_METHOD="$1" SCRIPT_NAME=/cgi-bin/callboard.fcgi PATH_INFO="$2" REMOTE_USER=site "${@:3}" \
    timeout 20 "$build/callboard.fcgi" "${arguments[@]}" >"$work/answer" 2>"$work/cgi.log"
  HEADERS=$work/headers
  sed '/^\r$/,$d' "$work/answer" >"$HEADERS"
  BODY=$(sed '1,/^\r$/d' "$work/answer")
  STATUS=$(header Status)
}
arguments=()

body='{"value" : "12345678", "ani" : "1234567890"}'
cgi POST /cticache/DNIS-ANI CONTENT_TYPE=application/json CONTENT_LENGTH=${#body} <<<"$body"
same "POST: status" "201 Created" "$STATUS"
same "POST: body" '{"dnis":"5551234560","ani":"1234567890","value":"12345678"}' "$BODY"
same "POST: Location is where the program is mounted" \
  /cgi-bin/callboard.fcgi/cticache/DNIS-ANI/5551234560:1234567890 "$(header Location)"
same "POST: Content-Length" ${#BODY} "$(header Content-Length)"

for call in "GET /cticache/DNIS-ANI/5551234560:1234567890" "GET /cticache/DNIS-ANI/5551234560:2" "GET /cticache/nothing" \
  "POST /status" "HEAD /cticache/DNIS-ANI/5551234560:1234567890" "OPTIONS /cticache/DNIS-ANI" \
  "GET /cticache/DNIS-ANI/x"; do
  read -r method path <<<"$call"
  cgi "$method" "$path" CONTENT_LENGTH=0 </dev/null
  cgi_answer="${STATUS%% *} $(header Content-Type) $(header ETag) $(header Allow) $BODY"
  if [ "$method" = POST ]; then http POST "$path" -d ""; else http "$method" "$path"; fi
  [ "$method" != HEAD ] || BODY= # curl shows the headers there
  same "$call: as the pool answers" "$STATUS $(header Content-Type) $(header ETag) $(header Allow) $BODY" "$cgi_answer"
done

cgi GET /cticache/DNIS-ANI/5551234560:1234567890 REMOTE_USER= </dev/null
same "nobody authenticated: 401" "401 Unauthorized" "$STATUS"
cgi POST /cticache/DNIS-ANI CONTENT_TYPE=application/json CONTENT_LENGTH=100 <<<"$body"
same "a body shorter than announced: 400" "400 Bad Request" "$STATUS"
cgi POST /cticache/DNIS-ANI CONTENT_TYPE=application/json CONTENT_LENGTH=900000 </dev/zero
same "a body over the limit: 413" "413 Content Too Large" "$STATUS"
cgi POST /cticache/DNIS-ANI CONTENT_TYPE=application/json CONTENT_LENGTH=-1 <<<"$body"
same "a length that is no number: 400" "400 Bad Request" "$STATUS"
cgi POST /cticache/DNIS-ANI CONTENT_TYPE=application/json </dev/null
same "no length: 411" "411 Length Required" "$STATUS"
cgi PUT /cticache/DNIS-ANI/5551234560:1234567890 CONTENT_TYPE=application/json HTTP_TRANSFER_ENCODING=chunked \
  <<<'{"value":"12345678"}'
same "a body in chunks, which ends with the input" '200 OK {"value":"12345678"}' "$STATUS $BODY"
cgi PUT /cticache/DNIS-ANI/5551234560:1234567890 CONTENT_TYPE=application/json HTTP_TRANSFER_ENCODING=chunked \
  < <(head -c 900000 /dev/zero)
same "one that is over the limit: 413" "413 Content Too Large" "$STATUS"
cgi GET /cticache/DNIS-ANI/5551234560:1234567890 REQUEST_URI=/tel/cticache/DNIS-ANI/5551234560:1234567890 </dev/null
same "an URL that was rewritten" "200 OK" "$STATUS"
cgi POST /cticache/DNIS-ANI REQUEST_URI=/tel/cticache/DNIS-ANI CONTENT_TYPE=application/json \
  CONTENT_LENGTH=22 <<<'{"ani":"77","value":1}'
same "Location is below what its client knows" "/tel/cticache/DNIS-ANI/$(json dnis):77" "$(header Location)"
cgi GET /cticache/DNIS-ANI/5551234560:1234567890 HTTP_X_LONG="$(printf '%070000d' 0)" </dev/null
same "too many parameters: 413" "413 Content Too Large" "$STATUS"
cgi POST /cticache/DNIS-ANI CONTENT_TYPE=application/json CONTENT_LENGTH=50 CALLBOARD_CONF_REQUEST_SECONDS=1 \
  < <(sleep 3)
same "a body that does not come: 408" "408 Request Timeout" "$STATUS"

# "?--config=/etc/passwd" becomes an argument of a CGI program (RFC 3875, section 4.4).
arguments=(--config=/etc/passwd --listen=127.0.0.1:1)
cgi GET /status </dev/null
same "arguments, which come from the URL, are none of ours" "200 OK" "$STATUS"
arguments=()

cgi GET /status CALLBOARD_CONF_REDIS_ADDRESS=unix:/nowhere/redis.sock </dev/null
same "Redis away: /status answers" "200 OK away" "$STATUS $(json redis)"
cgi GET /cticache/DNIS-ANI/1:1 CALLBOARD_CONF_REDIS_ADDRESS=unix:/nowhere/redis.sock </dev/null
same "Redis away: 503" "503 Service Unavailable 1" "$STATUS $(header Retry-After)"
# Redis listens at one address of its host's name: which is found, whatever order they come in.
if ! sanitized; then # both the wrapper and AddressSanitizer want to be in front of libc
  free_ports
  background remote redis-server --port "$free_port" --bind 127.0.0.1 --save "" --dir "$work"
  eventually 10 port_taken "$free_port"
  printf '%s\n' "127.0.0.9 first.test" "127.0.0.1 first.test" "127.0.0.1 second.test" "127.0.0.9 second.test" >"$work/hosts"
  for name in first second; do
    cgi GET /cticache/DNIS-ANI/1:1 LD_PRELOAD=libnss_wrapper.so NSS_WRAPPER_HOSTS="$work/hosts" \
      CALLBOARD_CONF_REDIS_ADDRESS="redis://$name.test:$free_port/0" </dev/null
    same "Redis at one of two addresses, $name: its answer" "404 Not Found" "$STATUS"
  done
fi

cgi GET /status CALLBOARD_CONFIG=/nowhere/callboard.conf </dev/null
same "no configuration: 500" "500 Internal Server Error" "$STATUS"
contains "no configuration: the site's owner reads why" "/nowhere/callboard.conf" "$(<"$work/cgi.log")"
not_ok "no configuration: a stranger does not" grep -q nowhere "$work/answer"

printf '[redis]\naddress = unix:/x\n[cticache]\nttll = 5\n' >"$work/wrong.conf"
said=$("$build/callboard.fcgi" --check-config --config "$work/wrong.conf" 2>&1)
same "--check-config: file, line, and the nearest key" \
  "callboard.fcgi: $work/wrong.conf:4: unknown key ttll in section [cticache]; the nearest known is ttl" "$said"
cgi GET /status CALLBOARD_CONFIG="$work/wrong.conf" </dev/null
same "such a configuration: 500" "500 Internal Server Error" "$STATUS"
contains "the site's owner reads the line" "wrong.conf:4" "$(<"$work/cgi.log")"
not_ok "a stranger does not" grep -qE 'wrong[.]conf|ttl' "$work/answer"
