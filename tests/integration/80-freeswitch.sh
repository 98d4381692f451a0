#!/usr/bin/env bash
# callboard-freeswitch: what FreeSWITCH servers do, as it stands in Redis. tests/event_socket.py stands in for them.
. "$(dirname "$0")/../lib.sh"
. "$root/tests/live.sh"

sessions=$root/tests/fixtures/freeswitch/esl
domain=pbx.example.com

pbx_start one
pbx_start two
start_instance "[freeswitch]
grace = 2
registration_channel = registered
call_list = called
notify_campaigns_cdr = yes
commands = yes

$(pbx_section one)

$(pbx_section two)"

ok "both servers are heard" eventually 10 feed_up
ok "callboard.fcgi takes the same file" "$CALLBOARD_BUILD/callboard.fcgi" --config "$dir/callboard.conf" --check-config

# --- what Redis shows ---

forget_all() {
  redis flushall >/dev/null
}
# settled: what was sent to the feed has been heard and is in Redis: a mark that comes behind it is.
settle() {
  local mark=settle-$RANDOM$RANDOM
  pbx "${1:-one}" event "$(register "$mark" "$mark")"
  eventually 20 redis_has registrations "$mark" || fail "events arrive in Redis"
  pbx "${1:-one}" event "$(unregister "$mark" "$mark")"
  eventually 20 redis_has_not registrations "$mark" || fail "events arrive in Redis"
}
has_count() {
  [ "$(redis hlen "$1")" -ge "$2" ]
}
spool_holds() {
  ls "$dir"/spool/*.spool >/dev/null 2>&1
}
# register EXTENSION CALL-ID [SUBCLASS]: the event.
register() {
  printf '{"Event-Subclass":"sofia::%s","Event-Name":"CUSTOM","Event-Date-Timestamp":"1795248473000000","profile-name":"internal","from-user":"%s","from-host":"%s","contact":"\\"\\" <sip:%s@127.0.0.1:5100>","call-id":"%s","expires":"3600","to-user":"%s","to-host":"%s","user-agent":"ua"}' \
    "${3-register}" "$1" "$domain" "$1" "$2" "$1" "$domain"
}
unregister() {
  register "$1" "$2" unregister
}

# --- a session in which 1000 and 1001 register and 1000 leaves again ---

forget_all
pbx one replay "$sessions/session-register.raw" asis
settle
same "only who is registered is in the hash" "1001" "$(keys_of registrations)"
same "one terminal is left" 1 "$(elements terminal)"
state >"$work/whole"
same "the record is the event" "1001 sofia::register" \
  "$(redis hget registrations 1001 | python3 -c 'import json, sys; e = json.load(sys.stdin); print(e["from-user"], e["Event-Subclass"])')"

pbx one event "$(unregister 1001 "$(redis hget registrations 1001 | python3 -c 'import json, sys; print(json.load(sys.stdin)["call-id"])')")"
ok "the last phone leaves" eventually 10 is_registered ""
pbx one replay "$sessions/session-register.raw" piece=1 asis
settle
same "split at every byte, the state is the same" "$(<"$work/whole")" "$(state)"

# --- a call ---

before=$(redis xlen "callboard:events:$domain")
pbx one replay "$sessions/session-call-answered.raw.gz"
settle
same "after the call no channel is left" 0 "$(elements channel)"
same "the caller's record stays" "1000 hangup 0" "$(call 1000)"
same "the other one's, too" "1001 hangup 0" "$(call 1001)"
ok "the list has each change of a record" test "$(redis llen called)" -ge 4
ok "the stream has each change of a channel" test "$(($(redis xlen "callboard:events:$domain") - before))" -ge 6
ok "a record of each leg is in the list" eventually 10 packets_are 2

pbx one replay "$sessions/session-call-answered.raw.gz" cut=half
ok "a connection that is cut in the middle of a call comes back" eventually 10 feed_up
ok "and what FreeSWITCH does not have is gone" eventually 10 has_elements channel 0
ok "the caller is on no call" eventually 10 call_is 1000 "1000 hangup 0"

# --- an element and its event are never apart ---

forget_all
background watcher python3 "$root/tests/elements_and_events.py" "$CALLBOARD_REDIS" "$domain"
eventually 10 grep -q watching "$work/watcher.log"
pbx one replay "$sessions/session-call-blind-transfer.raw.gz"
pbx one replay "$sessions/session-callcenter.raw.gz"
settle
kill -INT "$(process_id "$work/watcher.pid")"
ok "one who looks at both never sees one without the other" eventually 10 grep -q '^[1-9][0-9]* looks, 0 apart' "$work/watcher.log"

# --- two servers ---

pbx one event "$(register 4000 phone-a)"
pbx two event "$(register 4000 phone-b)"
settle one && settle two
pbx one event "$(unregister 4000 phone-a)"
settle one
ok "an extension stays while a phone of it is on the other server" redis_has registrations 4000
contains "and its record is that phone's" phone-b "$(redis hget registrations 4000)"
pbx two event "$(unregister 4000 phone-b)"
ok "it goes with the last one" eventually 10 redis_has_not registrations 4000

# --- a burst ---

pbx two register 10000
ok "10,000 registrations at once are all there" eventually 30 has_count registrations 10000

# --- Redis is stopped and comes back ---

pbx two registrations 10000
before=$(redis llen enigma:notifications:campaigns)
server_stop redis
pbx one replay "$sessions/session-register.raw" asis
pbx one replay "$sessions/session-call-answered.raw.gz"
ok "records of calls are in the spool meanwhile" eventually 10 spool_holds
server_start redis
ok "what happened meanwhile is there" eventually 10 redis_has registrations 1001
ok "records of calls have come, each once" eventually 10 packets_are "$((before + 2))"

# --- the feed is killed ---

pbx one replay "$sessions/session-call-answered.raw.gz" cut=half
kill -KILL "$(server_id freeswitch)"
pbx one registrations none
pbx two registrations 3
ok "--status says that nobody hears" eventually 15 feed_not_up
server_start freeswitch
ok "what FreeSWITCH does not have any more is gone" eventually 10 is_registered "20000 20001 20002"
ok "no channel is left of before" eventually 10 has_elements channel 0
ok "no call is left of before" eventually 10 call_is 1000 "1000 hangup 0"

# --- a FreeSWITCH that goes ---

pbx two hang
ok "a half-open connection is noticed" eventually 30 feed_not_up
ok "after the grace time its phones are gone" eventually 15 is_registered ""
contains "its state is an element" '"state":"away"' "$(redis hget "callboard:elements:$domain:server" two)"
pbx two go
ok "when it is back so are they" eventually 15 is_registered "20000 20001 20002"

# --- a change of the directory ---

http PUT "/directory/$domain/extensions/1000" -H 'Content-Type: application/json' --data-binary '{"param":{"password":"1234"}}'
same "a user is written" 201 "$STATUS"
ok "FreeSWITCH is asked to forget it" eventually 10 grep -qxF "api xml_flush_cache id 1000 $domain" "$work/one.asked"
ok "and so is the other" eventually 10 grep -qxF "api xml_flush_cache id 1000 $domain" "$work/two.asked"
http PUT "/directory/$domain/groups/sales" -H 'Content-Type: application/json' --data-binary '{"members":["1000"]}'
redis publish callboard:directory:changes '{"domain":"a b","user":"1\nexit"}' >/dev/null
redis publish callboard:directory:changes '{"domain":"c.test","user":"7"}' >/dev/null
eventually 10 grep -q "id 7 c.test" "$work/one.asked"
not_ok "what is no user's name becomes no command" grep -qE 'exit|a b' "$work/one.asked"
not_ok "nor does a group" grep -q sales "$work/one.asked"

# --- a command ---

uuid=bb67558d-5784-4911-806d-df5131236d3c
redis publish callboard:commands:one "{\"id\":1,\"cmd\":\"hangup\",\"uuid\":\"$uuid\",\"answer\":\"callboard:answers:test\"}" >/dev/null
ok "a client's command reaches its FreeSWITCH" eventually 10 grep -q "uuid_kill $uuid" "$work/one.asked"
not_ok "and no other one" grep -q "uuid_kill" "$work/two.asked"

# --- the end ---

server_stop freeswitch
contains "it says that it has stopped" '"state":"stopped"' "$(redis hget callboard:feeds one)"
not_ok "no password is in a log" grep -q ClueCon "$dir/log/freeswitch.log"
