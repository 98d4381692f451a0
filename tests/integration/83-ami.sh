#!/usr/bin/env bash
# callboard-freeswitch and Asterisk: what an Asterisk does, as it stands in Redis. tests/manager_interface.py stands in for it.
. "$(dirname "$0")/../lib.sh"
. "$root/tests/live.sh"

sessions=$root/tests/fixtures/asterisk/ami
domain=office.example.com

background asterisk python3 "$root/tests/manager_interface.py" serve "$work/ready" "$work/asked" 0 callboard Secret-of-ami
eventually 10 test -s "$work/ready" || fail "the manager interface starts"
asterisk() {
  python3 "$root/tests/manager_interface.py" tell "$(cut -d ' ' -f 2 "$work/ready")" "$@" >"$work/told" ||
    fail "Asterisk does: $*" "$(<"$work/told")"
}
asterisk contacts 3
say Secret-of-ami >"$work/ami-password" && chmod 644 "$work/ami-password"
start_instance "[freeswitch]
grace = 2
registration_channel = registered
call_list = called
notify_campaigns_cdr = yes
commands = yes
command_context = internal

[asterisk.server.office]
port = $(cut -d ' ' -f 1 "$work/ready")
user = callboard
password_file = $work/ami-password
domain = $domain"

logged() {
  [ "$(grep -c "$2" "$dir/log/freeswitch.log")" = "$1" ]
}
has_count() {
  [ "$(redis hlen "$1")" = "$2" ]
}
# The state of the channel ID, without its time.
state_of() {
  redis hget "callboard:elements:$domain:channel" "$1" | python3 -c '
import json, sys
state = json.load(sys.stdin)["state"]
print(*[value for name, value in state.items() if name != "ts"])'
}
state_is() {
  [ "$(state_of "$1" 2>&1)" = "$2" ]
}
# settle: what was sent has been heard and is in Redis: a mark that comes behind it is.
settle() {
  local mark=settle-$RANDOM$RANDOM
  asterisk event "Event: ContactStatus|URI: sip:$mark@192.0.2.99|ContactStatus: Created|EndpointName: $mark"
  eventually 20 redis_has registrations "$mark" || fail "events arrive in Redis"
  asterisk event "Event: ContactStatus|URI: sip:$mark@192.0.2.99|ContactStatus: Removed|EndpointName: $mark"
  eventually 20 redis_has_not registrations "$mark" || fail "events arrive in Redis"
}
asked() {
  grep -cxF "$1" "$work/asked"
}
# timeless: the state that is to be the same however the events came, without times.
timeless() {
  state | sed -E 's/[0-9]{16}/TIME/g'
}

# --- connected ---

ok "Asterisk is heard" eventually 10 feed_up
ok "callboard.fcgi takes the same file" "$CALLBOARD_BUILD/callboard.fcgi" --config "$dir/callboard.conf" --check-config
ok "who is registered already is there" eventually 10 is_registered "20000 20001 20002"
same "with the phone's name" "ua/1.0" \
  "$(redis hget registrations 20000 | python3 -c 'import json, sys; print(json.load(sys.stdin)["user-agent"])')"
ok "it logs in with a challenge" grep -q '^Action: Challenge|AuthType: MD5$' "$work/asked"
ok "and never sends the password" sh -c "! grep -q Secret-of-ami '$work/asked'"
ok "it asks for the events that it needs" grep -qxF 'Action: Events|EventMask: system,call,agent,dialplan' "$work/asked"

# --- phones ---

asterisk contacts none
asterisk unregister 3
ok "phones go" eventually 10 is_registered ""
asterisk replay "$sessions/phones.txt"
settle
same "who is registered is in the hash, a trunk is not" "1000 1001 2001" "$(keys_of registrations)"
same "each phone is a terminal" 3 "$(elements terminal)"
timeless >"$work/whole"
redis flushall >/dev/null
asterisk event "Event: ContactStatus|URI: sip:1000@192.0.2.11:5060;transport=TCP|ContactStatus: Removed|EndpointName: 1000"
asterisk event "Event: ContactStatus|URI: sip:1001@192.0.2.12:5060|ContactStatus: Removed|EndpointName: 1001"
asterisk event "Event: PeerStatus|ChannelType: SIP|Peer: SIP/2001|PeerStatus: Unregistered"
settle
asterisk replay "$sessions/phones.txt" piece=1
settle
same "split at every byte, the state is the same" "$(<"$work/whole")" "$(timeless)"

# --- calls ---

redis del called enigma:notifications:campaigns >/dev/null
asterisk replay "$sessions/call-answered.txt"
settle
same "after the call no channel is left" 0 "$(elements channel)"
same "the caller's record stays" "1000 hangup 0" "$(call 1000)"
same "the other one's, too" "1001 hangup 0" "$(call 1001)"
same "the list has each change of a record" 6 "$(redis llen called)"
ok "a record of each leg is in the list" eventually 10 packets_are 2
id=200000
for session in attended-transfer parked queue conference originate-spy call-busy-voicemail odd; do
  id=$((id + 1))
  asterisk replay "$sessions/$session.txt" id=$id
done
settle
ok "after more of them each leg has a record" eventually 10 packets_are 19
same "after many calls no channel is left" "0 0 0 0" \
  "$(elements channel) $(elements queued_channel) $(elements parked_channel) $(elements channel_waiting)"

# --- in the middle of a call ---

asterisk replay "$sessions/call-answered.txt" id=300000 until=Hold
ok "a call that is up is bridged" eventually 10 state_is 300000.1 bridged
contains "and on hold" '"hold":true' "$(redis hget "callboard:elements:$domain:channel" 300000.2)"
asterisk channels none
asterisk drop
ok "a connection that ends comes back" eventually 10 logged 2 "is connected"
ok "what Asterisk does not have any more is gone" eventually 10 has_elements channel 0
ok "the caller is on no call" eventually 10 call_is 1000 "1000 hangup 0"

channel() {
  printf 'Event: CoreShowChannel\r\nChannel: %s\r\nChannelState: 6\r\nCallerIDNum: %s\r\nExten: %s\r\nUniqueid: %s\r\nLinkedid: 7.1\r\nApplication: %s\r\nBridgeId: b\r\nDuration: 00:01:00\r\n\r\n' "$@"
}
{
  channel PJSIP/1000-00000001 1000 1001 7.1 Dial
  channel PJSIP/1001-00000002 1001 "" 7.2 AppDial
} >"$work/channels"
asterisk channels "$work/channels"
asterisk contacts 10000
asterisk reset
ok "after a reset, too" eventually 10 logged 3 "is connected"
ok "a call that it missed is there" eventually 10 state_is 7.1 bridged
ok "and its record" eventually 10 call_is 1001 "1001 answer 1"
ok "10,000 phones listed are all there" eventually 30 has_count registrations 10000
asterisk channels none
asterisk contacts none
asterisk replay "$sessions/call-answered.txt" id=300001 cut=half
ok "cut in the middle of an event, it comes back" eventually 10 logged 4 "is connected"
ok "and all is right again" eventually 20 is_registered ""
ok "with no channel" eventually 20 has_elements channel 0
asterisk register 10000
ok "10,000 phones at once are all there" eventually 30 has_count registrations 10000
asterisk contacts 3

# --- lists that cannot be used ---

asterisk half CoreShowChannels
asterisk drop
ok "while a list does not end, nothing is taken for gone" eventually 10 logged 5 "is connected"
settle
asterisk whole CoreShowChannels
ok "it is asked for again" eventually 20 is_registered "20000 20001 20002"

# --- killed ---

asterisk replay "$sessions/call-answered.txt" id=300002 until=Hold
eventually 10 has_elements channel 2 || fail "a call is up"
kill -KILL "$(server_id freeswitch)"
ok "--status says that nobody hears" eventually 15 feed_not_up
asterisk contacts 1
server_start freeswitch
ok "the next one removes what is gone" eventually 10 has_elements channel 0
ok "phones, too" eventually 10 is_registered 20000

# --- an Asterisk that goes ---

asterisk hang
ok "a half-open connection is noticed" eventually 30 feed_not_up
ok "after the grace time its phones are gone" eventually 15 is_registered ""
contains "its state is an element" '"state":"away"' "$(redis hget "callboard:elements:$domain:server" office)"
asterisk go
ok "when it is back so are they" eventually 20 is_registered 20000

# --- commands ---

background listener redis-cli -s "$CALLBOARD_REDIS" subscribe callboard:answers:test
eventually 10 grep -q subscribe "$work/listener.log"
# publish JSON: a command with a channel for the answer.
publish() {
  redis publish callboard:commands:office "$1" >/dev/null
}
answered() {
  eventually 10 grep -qF "$1" "$work/listener.log"
}
publish '{"id":1,"cmd":"hangup","uuid":"7.1","answer":"callboard:answers:test"}'
ok "hangup is answered" answered '{"id":1,"cmd":"hangup","ok":true}'
ok "and was run" grep -qxF 'Action: Hangup|Channel: 7.1' "$work/asked"
publish '{"id":2,"cmd":"transfer","uuid":"7.1","destination":"1002","answer":"callboard:answers:test"}'
ok "transfer, too" answered '{"id":2,"cmd":"transfer","ok":true}'
ok "in the context that is configured" grep -qxF 'Action: Redirect|Channel: 7.1|Context: internal|Exten: 1002|Priority: 1' "$work/asked"
publish '{"id":3,"cmd":"eavesdrop","uuid":"7.1","target_uuid":"7.2","subcommand":"whisper","answer":"callboard:answers:test"}'
ok "eavesdrop, too" answered '{"id":3,"cmd":"eavesdrop","ok":true}'
ok "of whom it is told" grep -qxF 'Action: Setvar|Channel: 7.1|Variable: CALLBOARD_TARGET|Value: 7.2' "$work/asked"
asterisk answer Park No such channel
publish '{"id":4,"cmd":"park","uuid":"7.9","timeout":30,"answer":"callboard:answers:test"}'
ok "what Asterisk refuses is told" answered '{"id":4,"cmd":"park","ok":false,"error":"Asterisk: No such channel"}'
publish '{"id":5,"cmd":"hangup","uuid":"7.1\r\nAction: Originate","answer":"callboard:answers:test"}'
ok "what could be another action is refused" answered '{"id":5,"cmd":"hangup","ok":false'
not_ok "and not sent" grep -q Originate "$work/asked"

# --- a wrong password ---

asterisk password another
asterisk drop
ok "a refused login is told" eventually 15 grep -q "the login is refused" "$dir/log/freeswitch.log"
server_stop freeswitch
not_ok "no password is in a log" grep -rq Secret-of-ami "$dir/log"
