#!/usr/bin/env bash
# Consumers over HTTP: leases, confirming, and thousands that wait.
. "$(dirname "$0")/../lib.sh"
export CALLBOARD_HTTP_URL CALLBOARD_USER CALLBOARD_PASSWORD # for notify.py

start_instance '
[callboard]
workers = 2
log_level = warning
[cticache.pool.default]
numbers = 5551000000-5551099999'

at=/notifications/campaigns
list=enigma:notifications:campaigns

# cdr REF...: pushes packets as any dialler does.
cdr() {
  local ref
  for ref; do redis lpush $list "{\"type\":\"cdr\",\"payload\":{\"ref\":\"$ref\"}}" >/dev/null; done
}
refs() { python3 -c 'import json, sys; print(*[p["packet"]["payload"]["ref"] for p in json.load(sys.stdin)["packets"]])' <<<"$BODY"; }
ids() { python3 -c 'import json, sys; print(*[p["id"] for p in json.load(sys.stdin)["packets"]], sep=",")' <<<"$BODY"; }

http GET $at
same "nothing there" '200 {"packets":[]}' "$STATUS $BODY"
cdr 1 2 3 4 5
http GET "$at?max=2&lease=8"
same "the oldest first" "200 1 2" "$STATUS $(refs)"
same "packet, byte by byte" '{"type":"cdr","payload":{"ref":"1"}}' "$(sed 's/.*"packet":\({[^}]*}}\).*/\1/;s/}},{.*/}}/' <<<"$(sed 's/},{"id".*//' <<<"$BODY")")"
lost=$(ids)
http GET "$at?max=2"
same "then the next ones" "3 4" "$(refs)"
confirmed=$(ids)
http DELETE "$at/$confirmed"
same "confirmed" '200 {"confirmed":2}' "$STATUS $BODY"
http DELETE "$at/${confirmed%,*}"
same "a second time: 404" 404 "$STATUS"

# A consumer that dies between taking and confirming is one that never confirms.
http GET "$at?wait=5&max=1"
same "who waits gets what is left first" "5" "$(refs)"
http GET "$at?wait=25"
same "what was not confirmed comes again when its lease ends" "1 2" "$(refs)"
same "under the same ids" "$lost" "$(ids)"
contains "marked as given out before" '"again":true' "$BODY"
http DELETE "$at/$lost"
same "and can be confirmed" '{"confirmed":2}' "$BODY"
redis lpush $list 'not "JSON"' >/dev/null
http GET $at
contains "what is not JSON comes as text" '"text":"not \"JSON\""' "$BODY"
http DELETE "$at/$(ids)"
http DELETE "$at/$(sed 's/.*"id":"\([^"]*\)".*/\1/' <<<"$BODY")"
for wrong in 'wait=61' 'wait=-1' 'max=0' 'max=1001' 'lease=0' 'max=1&max=2'; do
  http GET "$at?$wrong"
  same "?$wrong: 400" 400 "$STATUS"
done
http DELETE "$at/x"
same "an id that is none: 400" 400 "$STATUS"
http HEAD $at
same "HEAD takes nothing" 200 "$STATUS"

# --- a consumer is killed with a packet in its hands ---

cdr killed
background consumer curl -sS --cacert "$CALLBOARD_CA" --user "$CALLBOARD_USER:$CALLBOARD_PASSWORD" "$CALLBOARD_URL$at?lease=1"
ok "it took the packet" eventually 5 grep -q killed "$work/consumer.log"
http GET "$at?wait=5"
same "its packet comes again" killed "$(refs)"
http DELETE "$at/$(ids)"

# --- two thousand wait ---

python3 "$root/tests/notify.py" wait campaigns 2000 20 >"$work/wait" 2>"$work/wait.errors" &
wait=$!
ok "2,000 clients wait" eventually 15 grep -q waiting "$work/wait"
in_flight() { http GET /metrics && [ "$(sed -n 's/^callboard_requests_in_flight //p' <<<"$BODY")" -gt 2000 ]; }
ok "all of them at once, on two workers" eventually 15 in_flight
before=$(redis info commandstats | sed -n 's/cmdstat_eval:calls=\([0-9]*\).*/\1/p')
sleep 1
after=$(redis info commandstats | sed -n 's/cmdstat_eval:calls=\([0-9]*\).*/\1/p')
ok "that asks Redis as if they were a few ($((after - before)) times a second)" test $((after - before)) -lt 100
result=$(python3 "$root/tests/load.py" mixed 16 3)
same "others are served as ever" '0 []' "$(python3 -c 'import json,sys; d=json.loads(sys.argv[1]); print(d["broken"], d["wrong"])' "$result")"
ok "at speed: no answer takes a second ($(BODY=$result json slowest_ms) ms)" test "$(BODY=$result json slowest_ms)" -lt 1000
for i in $(seq 500); do echo "LPUSH $list '{\"type\":\"cdr\",\"payload\":{\"ref\":\"$i\"}}'"; done |
  redis-cli -s "$CALLBOARD_REDIS" >/dev/null
wait $wait
same "500 packets come, each goes to one of them; the others wait to the end" \
  '{"got": 500, "different": 500, "empty": 1500, "broken": 0}' "$(tail -n 1 "$work/wait")"
