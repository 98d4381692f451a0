#!/usr/bin/env bash
# What a client of the event stream is shown: filters, roles, large states, what it missed, and what Redis has lost.
. "$(dirname "$0")/../lib.sh"
. "$root/tests/events.sh"

events_start "address_connections = 50"

# changes FILE: of each change the event and the id, in a line.
changes() {
  messages "$1" "m.get('message')=='info_event'" |
    python3 -c '
import json, sys
for line in sys.stdin:
    m = json.loads(line)
    print(m["event"], m.get("id") or m["data"].get("uuid") or m["data"].get("id"), end=" ")'
}

# --- filters

set_element user ada added '{"id":"ada","name":"Ada"}'
set_element user bob added '{"id":"bob"}'
set_element group sales added '{"id":"sales"}'
set_element group_member sales:ada added '{"id":"sales:ada","group_id":"sales","user_id":"ada"}'
set_element terminal t1 added '{"id":"t1","assoc_user_id":"ada"}'
set_element terminal t2 added '{"id":"t2","assoc_user_id":"bob"}'
set_element channel c1 added '{"uuid":"c1","user_id":"ada","server":"pbx1"}'
set_element channel c2 added '{"uuid":"c2","user_id":"bob","group_id":"sales"}'
set_element domain "$domain" added "{\"id\":\"$domain\"}"

# shown FILE: the ids of what stands.
shown() {
  messages "$1" "'items' in m and m['items']" | grep -oE '"(uuid|id)":"[^"]*"' | cut -d'"' -f4 | tr '\n' ' '
}

client "$ws/events?element=user,terminal" "$token" until '"ready"' >"$work/view"
same "element: these kinds, and no others" "ada bob t1 t2 " "$(shown view)"
same "each with its fields" '"user" "terminal"' "$(messages view "m.get('message')=='field_spec'" | sed 's/.*"element":\("[a-z]*"\).*/\1/' | xargs -d'\n')"
client "$ws/events?user=ada" "$token" until '"ready"' >"$work/view"
same "user: what is his, and what is nobody's" "c1 ada sales sales:ada t1 $domain " "$(shown view)"
client "$ws/events?group=sales" "$token" until '"ready"' >"$work/view"
same "group: the same" "c2 ada bob sales sales:ada t1 t2 $domain " "$(shown view)"
same "a kind that is none is refused" '{"refused":400}' "$(client "$ws/events?element=users" "$token" | head -1)"
same "a user and a password see all kinds, but of channels his own" "c1 ada bob sales sales:ada t1 t2 $domain " \
  "$(client "$ws/events" "$ada" until '"ready"' >"$work/view" && shown view)"
same "an administrator sees his own too" "ada bob sales sales:ada t1 t2 $domain " \
  "$(client "$ws/events" "$boss" until '"ready"' >"$work/view" && shown view)"
same "but all with full_events" "c1 c2 ada bob sales sales:ada t1 t2 $domain " \
  "$(client "$ws/events?full_events=true" "$boss" until '"ready"' >"$work/view" && shown view)"
same "with a domain's token there is nothing to ask for" "c1 c2 ada bob sales sales:ada t1 t2 $domain " \
  "$(client "$ws/events" "$token" until '"ready"' >"$work/view" && shown view)"

# --- what comes into view and goes

background own "${program[@]}" "$basix" "$ada" until '"uuid":"end"'
background filtered "${program[@]}" "$ws/events?element=channel&user=ada" "$token" until '"id":"end"'
ok "two who see ada's channels" eventually 10 has own.log '"element":"domain","items"'
eventually 10 has filtered.log '"ready"'
set_element channel c2 updated '{"uuid":"c2","user_id":"ada"}'
set_element channel c2 updated '{"uuid":"c2","user_id":"ada","called_number":"1"}'
set_element channel c1 updated '{"uuid":"c1","user_id":"bob"}'
set_element channel c1 removed '{"uuid":"c1","user_id":"bob"}'
set_element user bob updated '{"id":"bob","name":"Bob"}'
set_element channel end added '{"uuid":"end","user_id":"ada"}'
for who in own filtered; do
  ok "$who: they hear of it" eventually 10 has $who.log '"closed"'
  contains "a channel that becomes hers is added, one that is hers no more is removed" \
    "added c2 updated c2 removed c1" "$(changes $who.log)"
done
same "nothing else is told to who filters" "added c2 updated c2 removed c1 added end " "$(changes filtered.log)"

# --- more than fits into a connection's buffer

set_users 0 3000 '{"id":"u%d","avatar":"'"$(printf 'x%.0s' {1..400})"'"}'
server_stop events && server_start events
for url in "$basix" "$ws/events"; do
  contains "a large state, whole: ${url#"$ws"}" '"user":3002' "$(client "$url" "$token" count)"
done
curl -sSN --max-time 2 --cacert "$CALLBOARD_CA" -u "$token" "$CALLBOARD_URL/events?element=user" >"$work/sse" 2>"$work/sse.error"
same "and as server-sent events" 3002 "$(sed -n 's/^data: //p' "$work/sse" | python3 -c '
import json, sys
print(sum(len(json.loads(line).get("items", [])) for line in sys.stdin if line.strip()))')"
background slow "${raw_program[@]}" "$events_socket" "$token" read
ok "a client that reads slowly gets it in pieces" eventually 20 has slow.log '"ready"'
ok "which are many" test "$(grep -c '^more' "$work/slow.log")" -gt 100

# --- what was missed, with server-sent events

since=$(sed -n 's/^id: //p' "$work/sse" | tail -1)
set_element group missed added '{"id":"missed"}'
set_element user eva added '{"id":"eva"}'
set_element user eva updated '{"id":"eva","name":"Eva"}'
sse() {
  timeout 2 curl -sSN --cacert "$CALLBOARD_CA" -u "$token" "$CALLBOARD_URL/events?element=user&$1" "${@:2}" >"$work/sse"
  sed -n 's/^data: //p' "$work/sse" | python3 -c '
import json, sys
for line in sys.stdin:
    m = json.loads(line)
    print(m.get("event") or m["message"], end=" ")'
}
same "since: what was missed, and no more" "resumed added updated " "$(sse "since=$since")"
same "Last-Event-ID: the same" "resumed added updated " "$(sse "" -H "Last-Event-ID: $since")"
same "which is newer than the URL" "resumed added updated " "$(sse since=1-1 -H "Last-Event-ID: $since")"
same "with the last id: nothing" "resumed " "$(sse "since=$(redis XREVRANGE "callboard:events:$domain" + - COUNT 1 | head -1)")"
contains "an id that is none: all that stands" "snapshot field_spec initial_info ready" "$(sse since=yesterday)"
contains "one that the stream does not have: the same" "snapshot field_spec initial_info ready" "$(sse since=1-1)"

# --- a server that does not answer

background server redis-cli -s "$CALLBOARD_REDIS" SUBSCRIBE callboard:commands:pbx1
numsub() { [ "$(redis PUBSUB NUMSUB callboard:commands:pbx1 | tail -1)" = 1 ]; }
eventually 10 numsub
set_element channel c3 added '{"uuid":"c3","user_id":"ada","server":"pbx1"}'
client "$ws/events" "$token" send '{"cmd":"hangup","uuid":"c3"}' >"$work/command"
contains "the client is told, when it has waited long enough" \
  '"cmd":"hangup","ok":false,"error":"the server did not answer in time"' "$(<"$work/command")"
client "$basix" "$token" send '{"cmd":"hangup","uuid":"c3"}' >"$work/command"
contains "a Basix client too" '{"message":"msg","text":"the server did not answer in time"}' "$(<"$work/command")"

# --- Redis comes back without its data

for n in $(seq 0 2999); do say "$n"; done | xargs -n 500 redis-cli -s "$CALLBOARD_REDIS" HDEL "callboard:elements:$domain:user" >/dev/null
server_stop events && server_start events
background lost "${program[@]}" "$basix" "$token" until '"id":"after"'
background anew "${program[@]}" "$ws/events?element=user" "$token" until '"id":"after"'
ok "two listen" eventually 10 has lost.log '"element":"domain","items"'
eventually 10 has anew.log '"ready"'
server_stop redis
ok "Redis is away" eventually 10 has lost.log storage_away
find "$dir" -name 'appendonly*' -type f -delete
server_start redis
set_element user ada added '{"id":"ada","name":"Ada again"}'
ok "and back" eventually 15 has lost.log storage_back
set_element user after added '{"id":"after"}'
ok "they hear on" eventually 10 has lost.log '"closed"'
eventually 10 has anew.log '"closed"'

# known FILE: the users that its reader knows in the end.
known() {
  messages "$1" "'message' in m" | python3 -c '
import json, sys
users = {}
for line in sys.stdin:
    m = json.loads(line)
    if m["message"] == "snapshot": users = {}
    if m.get("element") != "user": continue
    for item in m.get("items", []): users[item["id"]] = item
    if m["message"] != "info_event": continue
    if m["event"] == "removed": del users[m["data"]["id"]]
    else: users[m["data"]["id"]] = m["data"]
print(json.dumps(users, sort_keys=True))'
}

now='{"ada": {"id": "ada", "name": "Ada again"}, "after": {"id": "after"}}'
same "a Basix client, which is told what stands only once, heard all that is different" "$now" "$(known lost.log)"
same "others were told what stands anew" "$now" "$(known anew.log)"
same "and that it is" 2 "$(grep -c '"message":"snapshot"' "$work/anew.log")"
