# stream_scenario.sh - what clients of the event stream and the wallboard do and see: the same behind every web server.
# Sourced by a test behind lib.sh; wants the settings below, and in Redis nothing but what is put there here.
#
#   stream_run NAME BASE     acts as all clients at BASE, and checks what the contracts say. Writes to NAME.told, below $work,
#                            what the clients were told, but for ids and times

stream_settings='[events]
commands = yes
command_seconds = 1'

stream_run() {
  stream_name=$1
  stream_base=$2
  stream_ws=ws${2#http}
  stream_token=$CALLBOARD_DOMAIN:$CALLBOARD_DOMAIN_TOKEN
  : >"$work/$1.told"
  server_stop events && redis flushall >/dev/null && stream_elements && server_start events
  stream_basix
  stream_json
  stream_sent_events
  stream_refused
  stream_connections
  stream_gateway_away
  stream_wallboard
}

# stream_client PATH ARGUMENT...: Node's ws; its lines go to $work/client.
stream_client() {
  timeout 40 node "$root/tests/events_client.js" "$stream_ws$1" "${@:2}" >"$work/client" 2>&1
}

# Adds FILE, of the clients' lines, to what is compared.
stream_told() {
  sed -E 's/"(seq|since)":"?[0-9-]+"?,?//; s/^id: .*/id:/' "$1" >>"$work/$stream_name.told"
}

stream_has() {
  grep -qF -- "$2" "$1"
}

# stream_set ID JSON: a user of the PBX is so, as who writes elements says it.
stream_set() {
  redis hset "callboard:elements:$CALLBOARD_DOMAIN:user" "$1" "$2" >/dev/null
  redis xadd "callboard:events:$CALLBOARD_DOMAIN" '*' element user id "$1" event added data "$2" >/dev/null
}

# So many that what stands is more than any web server's buffer.
stream_elements() {
  python3 -c '
for i in range(2000):
    print("HSET callboard:elements:%s:user u%d {\"id\":\"u%d\",\"name\":\"%s\"}" % ("'"$CALLBOARD_DOMAIN"'", i, i, "x" * 150))' |
    sed -E 's/(\{.*\})/'"'\\1'"'/' | redis >/dev/null
}

stream_basix() {
  stream_client "/basix/api/ws_cti?app_name=desk" "$stream_token" listen 2000
  same "$stream_name: a Basix client is told each kind of element" "9 9" \
    "$(grep -c '"field_spec"' "$work/client") $(grep -c '"initial_info"' "$work/client")"
  same "with all of what stands" 2000 "$(grep -F '"element":"user","items"' "$work/client" | grep -o '"id":"u' | wc -l)"
  stream_told "$work/client"
}

stream_json() {
  background "$stream_name-listener" timeout 40 node "$root/tests/events_client.js" \
    "$stream_ws/events?element=user" "$stream_token" until '"id":"last"'
  ok "JSON over WebSocket: what stands" eventually 10 stream_has "$work/$stream_name-listener.log" '"ready"'
  sleep 2 # longer than the web servers of these tests wait for a request
  stream_set first '{"id":"first"}'
  ok "what happens, when it happens" eventually 10 stream_has "$work/$stream_name-listener.log" '"id":"first"'
  stream_set last '{"id":"last"}'
  ok "and the connection ends as the client wants" eventually 10 stream_has "$work/$stream_name-listener.log" '"closed":1005'
  stream_told "$work/$stream_name-listener.log"

  stream_client /events "$stream_token" send '{"cmd":"hangup","uuid":"none"}'
  contains "what a client sends is answered" '"cmd":"hangup","ok":false' "$(<"$work/client")"
  stream_told "$work/client"
}

stream_sent_events() {
  background "$stream_name-sse" curl -sSNi --max-time 60 -u "$stream_token" -H 'Accept-Encoding: gzip' "$stream_base/events?element=user"
  local file=$work/$stream_name-sse.log since
  ok "server-sent events: what stands" eventually 10 stream_has "$file" '"ready"'
  stream_set second '{"id":"second"}'
  ok "what happens, while the answer goes on" eventually 10 stream_has "$file" '"id":"second"'
  contains "their type" "text/event-stream" "$(grep -i '^content-type:' "$file")"
  since=$(sed -n 's/^id: *//p' "$file" | tail -n 1 | tr -d '\r')
  process_stop "$work/$stream_name-sse.pid" TERM
  sed '1,/^\r$/d' "$file" >"$work/sse" && stream_told "$work/sse"

  stream_set third '{"id":"third"}'
  timeout 2 curl -sSN -u "$stream_token" -H "Last-Event-ID: $since" "$stream_base/events?element=user" >"$work/sse"
  same "who comes back is told what was missed, and no more" "resumed third" \
    "$(sed -nE 's/.*"message":"(resumed)".*/\1/p; s/.*"id":"(third)".*/\1/p; s/.*(snapshot).*/\1/p' "$work/sse" | uniq | tr '\n' ' ' | sed 's/ $//')"
  stream_told "$work/sse"
}

stream_refused() {
  local path
  for path in /events /basix/api/ws_cti; do
    stream_client $path "$CALLBOARD_DOMAIN:wrong"
    same "$path: a wrong token is refused" '{"refused":401}' "$(<"$work/client")"
  done
  stream_client /events "other.test:$CALLBOARD_DOMAIN_TOKEN"
  same "a token is good for its own domain" '{"refused":401}' "$(<"$work/client")"
  ORIGIN=https://evil.example stream_client /events "$stream_token"
  same "a page of another server is refused" '{"refused":403}' "$(<"$work/client")"
  ORIGIN=$stream_base ok "a page of this one is not" stream_opens
  AS_PAGE=1 ok "a page's credential is a subprotocol, which comes through" stream_opens
  anonymous GET "$stream_base/events"
  same "without a credential: 401" "401 Basic" "$STATUS $(header WWW-Authenticate | cut -d' ' -f1)"
  anonymous GET "$stream_base/eventsx"
  ok "no other path leads there" test "$STATUS" = 404 -o "$STATUS" = 403
}

stream_connections() {
  background "$stream_name-known" timeout 40 curl -sSN -u "$stream_token" -H 'X-Forwarded-For: 192.0.2.1' \
    "$stream_base/events?app_name=known"
  ok "somebody listens" eventually 10 stream_has "$work/$stream_name-known.log" '"ready"'
  anonymous GET "$stream_base/events/connections" --user "$stream_token"
  same "the list of connections has his address, not what he says of himself" "200 127.0.0.1 known" \
    "$STATUS $(json connections 0 address) $(json connections 0 app_name)"
  process_stop "$work/$stream_name-known.pid" TERM
}

stream_gateway_away() {
  local file=$work/$stream_name-told.log
  background "$stream_name-told" timeout 40 node "$root/tests/events_client.js" \
    "$stream_ws/events?element=user" "$stream_token" listen 30000
  ok "a client listens" eventually 10 stream_has "$file" '"ready"'
  server_stop events
  ok "the gateway ends: it is told" eventually 5 stream_has "$file" going_away
  ok "and let go" eventually 5 stream_has "$file" '"closed":1001'
  anonymous GET "$stream_base/events" --user "$stream_token"
  contains "the gateway is away: the web server says so" " $STATUS " " 502 503 "
  server_start events
  ok "and asks it again as soon as it is back" eventually 5 stream_opens
}

stream_opens() {
  stream_client /events "$stream_token" listen 100
  stream_has "$work/client" '{"open":true}'
}

stream_wallboard() {
  local path etag
  anonymous GET "$stream_base/wallboard"
  same "/wallboard leads to /wallboard/" 301 "$STATUS"
  ok "on this server" grep -qxE "($stream_base)?/wallboard/" <<<"$(header Location)"
  for path in "" wallboard.js wallboard.css icons/idle.svg; do
    anonymous GET "$stream_base/wallboard/$path"
    same "/wallboard/$path" 200 "$STATUS"
    {
      say "--- $path"
      # One standard gave way to another: RFC 9239.
      for name in Content-Type Cache-Control Content-Security-Policy X-Content-Type-Options Referrer-Policy; do
        header $name | sed -E "s|application/javascript|text/javascript|"
      done
      cat "$work/body"
    } >>"$work/$stream_name.told"
  done
  etag=$(header ETag)
  anonymous GET "$stream_base/wallboard/$path" -H "If-None-Match: $etag"
  same "an unchanged file is not sent again" 304 "$STATUS"
  for path in nothing.js ../htpasswd ..%2fhtpasswd icons/; do
    anonymous GET "$stream_base/wallboard/$path" --path-as-is
    ok "/wallboard/$path is not" test "$STATUS" = 404 -o "$STATUS" = 403 -o "$STATUS" = 400
  done
}
