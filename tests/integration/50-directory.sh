#!/usr/bin/env bash
# The FreeSWITCH directory from FreeSWITCH's side: what a real one has asked, through nginx, and Redis taken away.
. "$(dirname "$0")/../lib.sh"
export CALLBOARD_HTTP_URL CALLBOARD_FREESWITCH_PASSWORD CALLBOARD_REDIS # for directory.py

start_instance
asker="python3 $root/tests/directory.py"

# look_up USER [FIELD=VALUE]...: as FreeSWITCH, for a REGISTER.
look_up() {
  anonymous POST "$CALLBOARD_HTTP_URL/directory" --user "freeswitch:$CALLBOARD_FREESWITCH_PASSWORD" \
    -d "section=directory&tag_name=domain&key_name=name&key_value=pbx.example.com&action=sip_auth" "${@:2}" \
    -d "key=id&user=$1&domain=pbx.example.com"
}

not_found='<result status="not found"/>'

# --- what a real FreeSWITCH asks ---

same "every captured request is answered rightly" \
  "$(find "$root/tests/fixtures/freeswitch/xml_curl" -name '*.request' | wc -l) answers" "$($asker replay 2>&1)"
same "hostile names, values and records never break the document" "65 answers" "$($asker hostile 2>&1)"

# --- live from Redis ---

look_up 1000
same "a lookup answers 200" 200 "$STATUS"
same "with XML" "text/xml; charset=utf-8" "$(header Content-Type)"
same "that nobody may keep" no-store "$(header Cache-Control)"
redis hset cti_exten@pbx.example.com 1000 '{"param":{"password":"changed"}}' >/dev/null
look_up 1000
contains "a change by redis-cli is in the next answer" 'value="changed"' "$BODY"
redis hset cti_exten@pbx.example.com bob '{"param":{"password":"1"},"attribute":{"number-alias":"77"}}' >/dev/null
look_up 77
contains "an alias that another tool wrote into the record alone is found" '<user id="bob" number-alias="77">' "$BODY"
redis hdel cti_exten@pbx.example.com bob >/dev/null
look_up 77
contains "and gone with the record" "$not_found" "$BODY"
redis hset cti_exten@pbx.example.com broken '{"param":{"password":"hunter2"' >/dev/null
look_up broken
contains "a broken record is not found" "$not_found" "$BODY"
ok "with a line that names key and user" grep -q 'cti_exten@pbx.example.com of broken is broken' "$dir/log/pool.log"
not_ok "and no secret" grep -q hunter2 "$dir/log/pool.log"
redis hset cti_domain pbx.example.com '{"variable":{"context":"tenant"}}' >/dev/null
look_up 1000
contains "the domain's defaults are there" '<variable name="context" value="tenant"/>' "$BODY"
look_up 1000 -d 'X-a&user=1001&domain=evil=1'
contains "fields put in by a caller change nothing" '<user id="1000">' "$BODY"

# --- who may ask ---

anonymous POST "$CALLBOARD_HTTP_URL/directory" -d 'section=directory&user=1000&domain=pbx.example.com'
same "without credentials: 401" 401 "$STATUS"
anonymous GET "$CALLBOARD_HTTP_URL/directory/pbx.example.com/extensions/1000" \
  --user "freeswitch:$CALLBOARD_FREESWITCH_PASSWORD"
same "FreeSWITCH's credentials are good for nothing else" 401 "$STATUS"
anonymous GET "$CALLBOARD_HTTP_URL/directory/" --user "freeswitch:$CALLBOARD_FREESWITCH_PASSWORD"
same "nor for what looks alike" 401 "$STATUS"

# --- Redis away ---

same "before that, each is looked up" "20 answers" "$($asker load 0.2 2>&1)"
kill -STOP "$(server_id redis)"
stale=$($asker load 6 2>&1)
kill -CONT "$(server_id redis)"
same "Redis frozen, 100 lookups a second: every known user is answered in time" "600 answers" "$stale"
ok "the log marks such answers" grep -q 'stale answer' "$dir/log/pool.log"
eventually 5 look_up 1000
http GET /metrics
not_ok "and so do the metrics" grep -q '^callboard_directory_stale_total 0$' <<<"$BODY"

server_stop redis
look_up 1000
same "Redis stopped: 200" 200 "$STATUS"
contains "with the last answer" 'value="changed"' "$BODY"
ok "and its age" test -n "$(header Age)"
look_up nobody
same "a user who is not known: 503" 503 "$STATUS"
kill -HUP "$(server_id pool)"
sleep 1
look_up 1000
same "a worker that has just started knows what the others did" 200 "$STATUS"
server_start redis
redis hset cti_exten@pbx.example.com 1000 '{"param":{"password":"again"}}' >/dev/null
is_fresh() { look_up 1000 && [[ $BODY = *'value="again"'* ]]; }
ok "Redis is back: live again" eventually 5 is_fresh
