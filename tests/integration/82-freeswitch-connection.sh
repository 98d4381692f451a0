#!/usr/bin/env bash
# callboard-freeswitch and the event socket: lost in every way there is, and found again; commands of CTI clients.
. "$(dirname "$0")/../lib.sh"
. "$root/tests/live.sh"

uuid=bb67558d-5784-4911-806d-df5131236d3c
other=c2b1b53e-418d-4635-93c5-b4b60b065190

pbx_start one Secret-of-one
pbx_start closed Secret-of-another
start_instance "[freeswitch]
commands = yes
command_context = internal

$(pbx_section one)

$(pbx_section closed one)"
log=$dir/log/freeswitch.log

# asked TIMES: the lists were asked for that often.
asked() {
  [ "$(grep -c '^api show registrations as json$' "$work/one.asked")" -ge "$1" ]
}
is_registered() {
  [ "$(redis hexists registrations 20000)" = 1 ]
}
subscribed() {
  pbx one clients && [ "$(<"$work/told")" = 1 ]
}

ok "it is connected and asks for what is there" eventually 10 asked 1
contains "it subscribes to what it needs" "CHANNEL_CREATE" "$(grep '^event json ' "$work/one.asked")"
not_ok "and not to all" grep -q ' ALL' "$work/one.asked"

# --- lost, and found again ---

pbx one drop
ok "after the end of the connection it comes back and asks again" eventually 10 asked 2
pbx one reset
ok "after a reset, too" eventually 10 asked 3
pbx one goodbye
ok "after a goodbye, too" eventually 10 asked 4
pbx one linger
pbx one register 1
ok "lingering, FreeSWITCH is still heard" eventually 10 is_registered
pbx one replay "$root/tests/fixtures/freeswitch/esl/session-call-answered.raw.gz" cut=half
ok "after a cut within an event it comes back and asks again" eventually 10 asked 5
pbx one event '{"Event-Name":"HEARTBEAT","X":nonsense}'
pbx one event '{"Event-Name":"HEARTBEAT"}'
ok "what is no event is told once" eventually 10 grep -q "an event that cannot be read" "$log"
ok "and does not end the connection" subscribed
pbx one deny
pbx one drop
ok "that our address is refused is told" eventually 10 grep -q "one at .* is away: our address is refused" "$log"
pbx one allow

same "a refused password is told once" 1 "$(grep -c 'closed at .* is away: the password is refused' "$log")"
same "and not tried all the time" 1 "$(grep -c '^auth$' "$work/closed.asked")"
not_ok "no password is in the log" grep -rq Secret-of "$dir/log"

# --- commands ---

stop_instance
ok "it ends" test -z "$(server_id freeswitch)"
restart_instance
ok "it is connected again" eventually 10 subscribed

redis subscribe callboard:answers:test >"$work/answers" 2>&1 &
listener=$!
at_end kill "$listener"
listens() {
  [ "$(redis pubsub numsub callboard:answers:test callboard:commands:one | paste -sd ' ')" = \
    "callboard:answers:test 1 callboard:commands:one 1" ]
}
ok "it listens for commands" eventually 10 listens

# publish ID JSON...: as the gateway publishes it.
publish() {
  redis publish callboard:commands:one "{\"id\":$1,\"answer\":\"callboard:answers:test\",\"domain\":\"d.test\",\"user\":\"1000\",$2}" >/dev/null
}
answered() {
  eventually 10 grep -qF "$1" "$work/answers"
}
runs() {
  grep -qxF "api $1" "$work/one.asked"
}

publish 1 "\"cmd\":\"hangup\",\"uuid\":\"$uuid\""
ok "hangup is answered" answered '{"id":1,"cmd":"hangup","ok":true}'
ok "and was run" runs "uuid_kill $uuid"
publish 2 "\"cmd\":\"park\",\"uuid\":\"$uuid\",\"timeout\":30"
ok "park is answered" answered '{"id":2,"cmd":"park","ok":true}'
ok "with its timeout first" runs "uuid_setvar $uuid park_timeout 30"
ok "and was run" runs "uuid_park $uuid"
publish 3 "\"cmd\":\"transfer\",\"uuid\":\"$uuid\",\"destination\":\"1001\""
ok "transfer is answered" answered '{"id":3,"cmd":"transfer","ok":true}'
ok "and was run, in the context that is configured" runs "uuid_transfer $uuid 1001 XML internal"
publish 4 "\"cmd\":\"eavesdrop\",\"uuid\":\"$uuid\",\"target_uuid\":\"$other\",\"subcommand\":\"whisper\""
ok "eavesdrop is answered" answered '{"id":4,"cmd":"eavesdrop","ok":true}'
pbx one answer api_uuid_kill -ERR No such channel!
publish 5 "\"cmd\":\"hangup\",\"uuid\":\"$other\""
ok "what FreeSWITCH refuses is told" answered '{"id":5,"cmd":"hangup","ok":false,"error":"FreeSWITCH: No such channel!"}'
publish 6 "\"cmd\":\"transfer\",\"uuid\":\"$uuid\",\"destination\":\"1\\nexit\""
ok "what could be another command is refused" answered '{"id":6,"cmd":"transfer","ok":false,"error":"destination is not'
not_ok "and not sent" grep -q 'exit' "$work/one.asked"
pbx one away
pbx one drop
ok "it is away" eventually 10 grep -q "one at .* is away: connect" "$log"
publish 7 "\"cmd\":\"hangup\",\"uuid\":\"$uuid\""
ok "while FreeSWITCH is away that is the answer" answered '{"id":7,"cmd":"hangup","ok":false,"error":"FreeSWITCH one is away"}'
pbx one back
ok "it comes back" eventually 15 subscribed
ok "the log says who did what" grep -q "FreeSWITCH one: hangup of $uuid for 1000@d.test: done" "$log"
