#!/usr/bin/env bash
# The event stream as its clients see it: Basix, JSON over WebSocket, server-sent events, behind nginx.
. "$(dirname "$0")/../lib.sh"
. "$root/tests/events.sh"

events_start "buffer_kilobytes = 64
domain_connections = 40"

# --- every kind of element, read as the Basix client reads it

set_element channel u1 added '{"uuid":"u1","direction":"incoming","user_id":"ada","server":"pbx1","calling_name":"Zoë ユ","offer_timestamp":1546839040035125,"state":{"ts":1546839040035125,"name":"calling","location":"ext","type":"pstn","data":{"address":"0212"}},"target":{"type":"user","id":"ada"}}'
set_element channel u2 added '{"uuid":"u2","user_id":"eve","server":"pbx1"}'
set_element queued_channel q1 added '{"uuid":"q1","peer_number":"0414"}'
set_element parked_channel p1 added '{"uuid":"p1","state":{"ts":1,"name":"park","slot":"701","parker_id":"ada","parker_name":"Ada"}}'
set_element channel_waiting w1 added '{"uuid":"w1","peer_number":"0416"}'
set_element user ada added '{"id":"ada","name":"Ada","do_not_disturb_status":true,"label":"ユーザ","mwi":3}'
set_element group g1 added '{"id":"g1","name":"sales","type":1,"queue":true,"label":"販売"}'
set_element group_member g1:ada added '{"id":"g1:ada","group_id":"g1","user_id":"ada","priority":1}'
set_element terminal t1 added '{"id":"t1","assoc_user_id":"ada","registered":true}'
set_element domain d1 added "{\"id\":\"$domain\",\"name\":\"callboard\"}"
set_element server pbx1 added '{"id":"pbx1","state":"up","since":1}'

client "$basix?app_name=desk" "$token" listen 700 >"$work/basix"
same "each kind of element has its field_spec and its initial_info, in that order" \
  "field_spec x9, initial_info x9" \
  "$(messages basix '"element" in m' | python3 -c '
import itertools, json, sys
print(", ".join(f"{k} x{len(list(g))}" for k, g in itertools.groupby(json.loads(l)["message"] for l in sys.stdin)))')"
items() { messages basix "m.get('message')=='initial_info' and m['element']=='$1'" | sed 's/.*"items"://; s/}$//'; }
contains "a channel: integers past 28 bits, nested state, Latin-1" \
  '"calling_name":"Zoë ?","offer_timestamp":1546839040035125,"user_id":"ada","state":[1546839040035125,"calling","ext","pstn",["0212"]],"target":["user","ada",null,null]' \
  "$(items channel)"
same "a queued channel" '[{"uuid":"q1","peer_number":"0414"}]' "$(items queued_channel)"
same "a parked channel" '[{"uuid":"p1","state":[1,"park","701",null,"ada","Ada"]}]' "$(items parked_channel)"
same "a channel that waits" '[{"uuid":"w1","peer_number":"0416"}]' "$(items channel_waiting)"
same "a user, the label in UTF-8" '[{"id":"ada","name":"Ada","do_not_disturb_status":true,"label":"ユーザ","mwi":3}]' "$(items user)"
same "a group" '[{"id":"g1","name":"sales","type":1,"queue":true,"label":"販売"}]' "$(items group)"
same "a member of a group" '[{"id":"g1:ada","group_id":"g1","user_id":"ada","priority":1}]' "$(items group_member)"
same "a terminal" '[{"id":"t1","assoc_user_id":"ada","registered":true}]' "$(items terminal)"
same "a domain" "[{\"id\":\"$domain\",\"name\":\"callboard\"}]" "$(items domain)"

background events "${program[@]}" "$basix" "$token" until removed
eventually 10 has events.log '"element":"domain","items"'
set_element user eva added '{"id":"eva"}'
set_element user eva updated '{"id":"eva","name":"Eva"}'
set_element user eva removed '{"id":"eva","name":"Eva"}'
eventually 10 has events.log '"closed"'
same "changes come as they happen" '"added","data":{"id":"eva"} "updated","data":{"id":"eva","name":"Eva"} "removed","data":{"id":"eva","name":"Eva"} ' \
  "$(sed -n 's/.*"event":\(.*\)}$/\1/p' "$work/events.log" | tr '\n' ' ')"

# --- who may come in

same "a wrong token is refused" '{"refused":401}' "$(client "$basix" "$domain:wrong")"
same "a token is good for its own domain only" '{"refused":401}' "$(client "$basix" "other.test:$CALLBOARD_DOMAIN_TOKEN")"
same "a wrong password is refused" '{"refused":401}' "$(client "$ws/events" "ada@$domain:wrong")"
same "a page of another server is refused" '{"refused":403}' "$(ORIGIN=https://evil.example client "$ws/events" "$token")"
contains "a page's credential is a subprotocol" '{"open":true}' "$(AS_PAGE=1 client "$ws/events" "$token" listen 500)"
same "a wrong one is refused there too" '{"refused":401}' "$(AS_PAGE=1 client "$ws/events" "$domain:wrong")"
same "there is nothing else" '{"refused":404}' "$(client "$ws/events/x" "$token" | head -1)"
anonymous GET /events
same "without a credential: 401" 401 "$STATUS"
contains "and which one is wanted" "Basic" "$(header WWW-Authenticate)"
client "$ws/events" "$ada" listen 700 >"$work/own"
same "a user hears of his own channels" 'u1' "$(messages own "m.get('element')=='channel' and 'items' in m" | grep -o '"uuid":"[^"]*"' | cut -d'"' -f4)"
client "$ws/events?full_events=true" "$ada" listen 700 >"$work/own"
same "full_events is for administrators" 'u1' "$(messages own "m.get('element')=='channel' and 'items' in m" | grep -o '"uuid":"[^"]*"' | cut -d'"' -f4)"
client "$ws/events?full_events=true" "$boss" listen 700 >"$work/own"
same "who hear of all" 'u1u2' "$(messages own "m.get('element')=='channel' and 'items' in m" | grep -o '"uuid":"[^"]*"' | cut -d'"' -f4 | sort | tr -d '\n')"
client "$ws/events?element=user,channel&user=eve" "$token" listen 700 >"$work/own"
same "filters by element and user" 'u2' "$(messages own "'items' in m" | grep -o '"uuid":"[^"]*"\|"id":"[^"]*"' | cut -d'"' -f4)"
not_ok "no secret is in a log" grep -rqF -e "$CALLBOARD_DOMAIN_TOKEN" -e "$(<"$work/ada")" "$dir/log"
contains "the application's name is in the log" 'app_name "desk"' "$(<"$dir/log/events.log")"

# --- what stands and what comes meet

background writer python3 "$root/tests/events_writer.py" "$CALLBOARD_REDIS" "$domain" 6
for n in 1 2 3 4 5 6 7 8 9 10; do
  background "plain$n" "${program[@]}" "$ws/events" "$token" follow end
  background "basix$n" "${program[@]}" "$basix" "$token" follow end
  sleep 0.3
done
eventually 30 has writer.log end
# What stands in the end, but for the channels of before: how many, and a sum over all; or what went wrong.
strip() {
  python3 -c '
import hashlib, json, sys
line = sys.stdin.readline()
if "end" not in line: sys.exit(line)
d = json.loads(line)
d.pop("u1", 0), d.pop("u2", 0)
print(len(d), hashlib.md5(json.dumps(d, sort_keys=True).encode()).hexdigest())' 2>&1
}
expected=$(strip <"$work/writer.log")
for n in 1 2 3 4 5 6 7 8 9 10; do
  for kind in plain basix; do
    eventually 10 test -s "$work/$kind$n.log"
    same "$kind client $n, come in the middle of changes, has lost and doubled nothing" "$expected" "$(strip <"$work/$kind$n.log")"
  done
done

# --- resuming

client "$ws/events?element=user" "$token" listen 500 >"$work/first"
since=$(messages first "m.get('message')=='ready'" | sed 's/.*"seq":"\([^"]*\)".*/\1/')
set_element user eva added '{"id":"eva"}'
set_element user eva updated '{"id":"eva","name":"Eva"}'
client "$ws/events?element=user&since=$since" "$token" listen 500 >"$work/second"
same "who comes back hears what was missed, and no more" "resumed added updated " \
  "$(messages second '"message" in m' | sed 's/.*"event":"\([a-z]*\)".*/\1/; s/.*"message":"\([a-z]*\)".*/\1/' | tr '\n' ' ')"
timeout 2 curl -sSN --cacert "$CALLBOARD_CA" -u "$token" -H "Last-Event-ID: $since" "$CALLBOARD_URL/events?element=user" >"$work/sse"
same "server-sent events too, with their ids" 3 "$(grep -c '^id: ' "$work/sse")"
redis XTRIM "callboard:events:$domain" MAXLEN 1 >/dev/null
client "$ws/events?element=user&since=$since" "$token" listen 500 >"$work/third"
contains "what the stream has no more is told anew, and that it is" '"message":"snapshot"' "$(sed -n 2p "$work/third")"

# --- replaced, too many

background old "${program[@]}" "$basix?app_name=twin" "$token" listen 20000
eventually 10 has old.log initial_info
client "$basix?app_name=twin&force=1" "$token" listen 500 >"$work/new"
eventually 10 has old.log closed
contains "force=1: the older connection is told that it is replaced" '{"message":"system_msg","text":"connection_replaced"}' "$(<"$work/old.log")"
contains "and the new one hears" initial_info "$(<"$work/new")"

# --- commands

answered() { messages "$1" "m.get('message') in ('answer','msg')" | sed 's/"seq":"[^"]*",//'; }
may() { messages "$1" "m.get('message')=='snapshot'" | sed 's/.*"snapshot",//; s/}$//'; }
client "$ws/events?element=user" "$ada" listen 500 >"$work/may"
same "a user is told what he may ask for" '"commands":["park","hangup","transfer"],"channels":"own"' "$(may may)"
client "$ws/events?element=user" "$boss" listen 500 >"$work/may"
same "an administrator too" '"commands":["park","hangup","transfer","eavesdrop"],"channels":"all"' "$(may may)"
client "$ws/events" "$token" send '{"cmd":"hangup","uuid":"u1"}' >"$work/command"
contains "nobody listens for that server's commands" '"cmd":"hangup","ok":false,"error":"nobody listens' "$(answered command)"
cat >"$work/server.sh" <<'END'
redis-cli -s "$1" SUBSCRIBE callboard:commands:pbx1 | while read -r line; do
  case $line in
    '{'*)
      echo "$line"
      id=$(sed 's/.*"id":\([0-9]*\).*/\1/' <<<"$line")
      answer=$(sed 's/.*"answer":"\([^"]*\)".*/\1/' <<<"$line")
      redis-cli -s "$1" PUBLISH "$answer" "{\"id\":$id,\"cmd\":\"x\",\"ok\":true}" >/dev/null
      ;;
  esac
done
END
background server bash "$work/server.sh" "$CALLBOARD_REDIS"
numsub() { [ "$(redis PUBSUB NUMSUB callboard:commands:pbx1 | tail -1)" = 1 ]; }
eventually 10 numsub
client "$ws/events" "$ada" send '{"cmd":"transfer","uuid":"u1","destination":"1001"}' >"$work/command"
same "a user transfers his own call" '{"message":"answer","cmd":"transfer","ok":true}' "$(answered command)"
contains "the server is told by whom" '"cmd":"transfer","domain":"callboard.test","user":"ada","uuid":"u1","destination":"1001"' "$(<"$work/server.log")"
client "$ws/events" "$ada" send '{"cmd":"hangup","uuid":"u2"}' >"$work/command"
contains "and nobody else's" '"ok":false,"error":"there is no such channel, or it is not yours"' "$(answered command)"
client "$ws/events" "$ada" send '{"cmd":"eavesdrop","uuid":"u1","target_uuid":"u2"}' >"$work/command"
contains "eavesdropping needs a role" '"ok":false,"error":"eavesdrop is for supervisors"' "$(answered command)"
client "$ws/events" "$boss" send '{"cmd":"eavesdrop","uuid":"u1","target_uuid":"u2","subcommand":"listen"}' >"$work/command"
contains "which an administrator has" '"cmd":"eavesdrop","ok":true' "$(answered command)"
client "$basix" "$ada" send '{"cmd":"hangup","uuid":"u2"}' >"$work/command"
contains "a Basix client hears why in a msg" '{"message":"msg","text":"there is no such channel, or it is not yours"}' "$(answered command)"
client "$ws/events" "$token" send 'x' >"$work/command"
contains "what is no JSON is answered too" '"ok":false' "$(answered command)"
same "each command is a line in the audit log" 7 "$(wc -l <"$work/audit/log")"

# --- a slow client does not slow others

background slow "${raw_program[@]}" "$events_socket" "$token" deaf
eventually 10 has slow.log 101
background quick "${program[@]}" "$ws/events" "$token" until '"id":"last"'
eventually 10 has quick.log '"ready"'
python3 - "$CALLBOARD_REDIS" "$domain" <<'END'
import socket, sys
redis = socket.socket(socket.AF_UNIX)
redis.connect(sys.argv[1])
data = '{"id":"ada","avatar":"' + "x" * 4000 + '"}'
words = ["XADD", f"callboard:events:{sys.argv[2]}", "*", "element", "user", "id", "ada", "event", "updated", "data", data]
one = f"*{len(words)}\r\n" + "".join(f"${len(w)}\r\n{w}\r\n" for w in words)
for _ in range(500):
    redis.sendall(one.encode())
    redis.recv(100)
END
set_element user last added '{"id":"last"}'
ok "a client that reads hears all" eventually 10 has quick.log '"closed"'
ok "one that does not is dropped" eventually 10 logged "does not read: dropped"
ok "and its connection ended" eventually 10 logged "has gone: too_slow"

# --- Redis goes and comes back

background through "${program[@]}" "$ws/events?element=user" "$token" until '"id":"after"'
eventually 10 has through.log '"ready"'
server_stop redis
ok "clients are told that Redis is away" eventually 10 has through.log storage_away
server_start redis
ok "and that it is back" eventually 15 has through.log storage_back
set_element user after added '{"id":"after"}'
ok "and hear on" eventually 10 has through.log '"closed"'
http GET /events/connections
same "the list of connections is not for everybody" 401 "$STATUS"
anonymous GET /events/connections --user "$token"
same "but with the domain's token" 200 "$STATUS"
server_stop events
contains "the gateway ends in order" "ended" "$(tail -1 "$dir/log/events.log")"
