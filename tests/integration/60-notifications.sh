#!/usr/bin/env bash
# Notifications from the side of those who send and of those who listen, with redis-cli as the consumer that was there before.
. "$(dirname "$0")/../lib.sh"

start_instance '
[notifications]
both = agents.both'

at=/notifications
list=enigma:notifications:campaigns

# post PATH BODY [ARGUMENT-OF-CURL]...
post() {
  http POST "$at/$1" -H 'Content-Type: application/json' --data-binary "$2" "${@:3}"
}

# --- news ---

background heard redis-cli -s "$CALLBOARD_REDIS" --csv psubscribe 'enigma:notifications:agents:*'
subscribed() { [ "$(redis pubsub numpat)" -ge "$1" ]; }
ok "a subscriber is there" eventually 5 subscribed 1
post agents/1002 '{ "payload" : { "ref":"1002", "status":"busy" , "n" : 1.50 } , "type":"status" }'
same "news: 200 and the number of receivers" '200 {"published":1}' "$STATUS $BODY"
ok "the subscriber hears it" eventually 5 grep -q busy "$work/heard.log"
contains "packet and channel, byte by byte" \
  '"pmessage","enigma:notifications:agents:*","enigma:notifications:agents:1002","{\"type\":\"status\",\"payload\":{\"ref\":\"1002\",\"status\":\"busy\",\"n\":1.5}}"' \
  "$(<"$work/heard.log")"
post agents '{"type":"stats","payload":{}}'
same "news without a reference goes to the type's channel" '{"published":0}' "$BODY"
same "news leaves nothing in Redis" '' "$(redis keys '*')"

# --- what is critical ---

post campaigns '{"type":"cdr","payload":{"ref":"1","end_code":200}}'
same "critical: 200 and the length of the list" '200 {"queued":1}' "$STATUS $BODY"
http POST $at/campaign -d 'type=cdr' --data-urlencode 'payload={"ref":"2","note":"ë"}'
same "a form, and the type in the singular" '200 {"queued":1}' "$STATUS $BODY"
same "its packet" '{"type":"cdr","payload":{"ref":"2","note":"ë"}}' "$(redis rpop enigma:notifications:campaign)"
post inbound/7 '{"type":"call","payload":{"number":"5551"}}'
same "a list has no reference" '{"type":"call","payload":{"number":"5551"}}' "$(redis brpop enigma:notifications:inbound 1 | tail -n 1)"
post agents/1002 '{"type":"both","payload":{}}'
same "both ways" '200 {"published":1,"queued":1}' "$STATUS $BODY"
post campaigns '{"type":"cdr","payload":{"ref":"1"}}' -H 'X-Request-Id: same'
post campaigns '{"type":"cdr","payload":{"ref":"1"}}' -H 'X-Request-Id: same'
same "equal packets of equal X-Request-Ids are packets of their own" '{"queued":3}' "$BODY"
ok "what Redis remembers of a packet expires" test "$(redis ttl "$(redis --scan --pattern 'callboard:packet:*' | head -n 1)")" -gt 500

# --- batches ---

redis del $list >/dev/null
post campaigns '[{"type":"cdr","payload":{"n":1}},{"type":"status","payload":{}},{"type":"cdr","payload":5},{"type":"cdr","payload":{"n":2}}]'
same "a batch is answered one by one" '207 [{"queued":1,"status":200},{"published":0,"status":200},{"error":"payload must be a JSON object","field":"payload","status":400},{"queued":2,"status":200}]' "$STATUS $BODY"
seq 3 1000 | sed 's/.*/{"type":"cdr","payload":{"n":&}}/' >"$work/lines"
http POST $at/campaigns -H 'Content-Type: application/x-ndjson' --data-binary @"$work/lines"
same "998 lines" "200 998 {\"queued\":1000,\"status\":200}" "$STATUS $(wc -l <<<"$BODY") $(tail -n 1 <<<"$BODY")"
same "all in order" "$(seq 1 1000)" "$(redis lrange $list 0 -1 | tac | sed 's/[^0-9]//g')"

# --- what is wrong ---

long=$(printf '%065d' 0)
while IFS='|' read -r what path field body; do
  post "$path" "$body"
  same "$what" "400 $field" "$STATUS $(json field)"
done <<END
no type|a|type|{"payload":{}}
type a number|a|type|{"type":1,"payload":{}}
type too long|a|type|{"type":"$long","payload":{}}
no payload|a|payload|{"type":"x"}
payload an array|a|payload|{"type":"x","payload":[]}
path with a colon|a:b||{"type":"x","payload":{}}
path too long|$long||{"type":"x","payload":{}}
reference with a star|a/*||{"type":"x","payload":{}}
not JSON|a||{"type"
an empty batch|a||[]
END
redis set enigma:notifications:inbound text >/dev/null
post inbound '{"type":"call","payload":{}}'
same "the list's key is no list: 500" 500 "$STATUS"
redis del enigma:notifications:inbound >/dev/null
http POST $at/a -H 'Content-Type: text/plain' -d x
same "another content type: 415" 415 "$STATUS"
anonymous POST $at/campaigns -d 'type=cdr&payload={}'
same "without a password: 401" 401 "$STATUS"
same "nothing of that is in Redis" 1000 "$(redis llen $list)"

# --- news as server-sent events ---

# listen NAME PATH: a client that listens until the test's end.
listen() {
  background "$1" curl -sSN --cacert "$CALLBOARD_CA" --user "$CALLBOARD_USER:$CALLBOARD_PASSWORD" \
    -H 'Accept: text/event-stream' -D "$work/$1.head" "$CALLBOARD_URL$2"
}
listen type $at/agents
listen one $at/agents/1002
listen other $at/agents/1003
channels() { [ "$(redis pubsub channels 'enigma:*' | grep -c .)" = "$1" ]; }
ok "Redis is asked once a channel" eventually 5 channels 3
post agents/1002 '{"type":"status","payload":{"status":"wrapup"}}'
redis publish enigma:notifications:agents 'by
hand' >/dev/null
redis publish enigma:notifications:agents:1003 end >/dev/null
ok "events arrive" eventually 5 grep -q end "$work/type.log"
ok "events arrive for the other" eventually 5 grep -q end "$work/other.log"
contains "the type: its references, itself, line by line" 'event: enigma:notifications:agents:1002
data: {"type":"status","payload":{"status":"wrapup"}}

event: enigma:notifications:agents
data: by
data: hand

event: enigma:notifications:agents:1003
data: end' "$(<"$work/type.log")"
contains "one reference" 'data: {"type":"status","payload":{"status":"wrapup"}}' "$(<"$work/one.log")"
not_ok "one reference hears no other" grep -q 'data: end' "$work/one.log"
contains "content type" 'Content-Type: text/event-stream' "$(<"$work/type.head")"
http GET $at/agents/1002
same "a reference without Accept: 406" 406 "$STATUS"
process_stop "$work/one.pid" TERM
process_stop "$work/type.pid" TERM
process_stop "$work/other.pid" TERM

# --- a client that does not read ---

ok "nobody listens any more" eventually 20 channels 0
listen slow $at/slow
ok "one listens" eventually 5 channels 1
kill -STOP "$(process_id "$work/slow.pid")"
python3 -c '
for _ in range(8000):
    print("PUBLISH enigma:notifications:slow " + "x" * 4000)' | redis-cli -s "$CALLBOARD_REDIS" >/dev/null
ok "who does not read is dropped" eventually 5 channels 0
kill -CONT "$(process_id "$work/slow.pid")"
http GET /status
same "others are served as ever" 200 "$STATUS"

# --- strict ---

start_instance '
[notifications]
strict = yes
prefix = shop:news'
post agents/1 '{"type":"status","payload":{"ref":"1","status":"busy"}}'
same "strict: as documented" 200 "$STATUS"
post agents/1 '{"type":"status","payload":{"ref":"1","status":"asleep"}}'
same "strict: another status" '400 status' "$STATUS $(json field)"
post agents/1 '{"type":"status","payload":{"ref":"1","status":"busy","mood":"good"}}'
same "strict: another field" '400 mood' "$STATUS $(json field)"
post campaigns '{"type":"cdr","payload":{"ref":"1"}}'
same "another prefix" 1 "$(redis llen shop:news:campaigns)"
