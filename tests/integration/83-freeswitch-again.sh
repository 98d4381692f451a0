#!/usr/bin/env bash
# callboard-freeswitch: what was true and is told again, and what is not any more: Redis lost, emptied, and a feed that was killed.
. "$(dirname "$0")/../lib.sh"
. "$root/tests/live.sh"

domain=pbx.example.com
session=$root/tests/fixtures/freeswitch/esl/session-call-answered.raw.gz

pbx_start one
start_instance "[freeswitch]
registration_list = told_registrations
call_list = told_calls

$(pbx_section one)"

has() {
  [ "$(redis hlen "$1")" = "$2" ]
}
activity_of() {
  redis hget calls "$1" | python3 -c 'import json, sys; record = json.load(sys.stdin); print(record["notify"], len(record["activity"]))'
}
activity_is() {
  [ "$(activity_of "$1" 2>&1)" = "$2" ]
}
# state: what Redis shows of channels, phones and calls.
state() {
  local key
  for key in "callboard:elements:$domain:channel" "callboard:elements:$domain:terminal" registrations calls; do
    redis hgetall "$key" | paste - - | sort
  done
}
state_is() {
  [ "$(state)" = "$1" ]
}
# told: how often others were told of a change.
told() {
  redis llen told_calls
  redis llen told_registrations
  redis xrange "callboard:events:$domain" - + | grep -cx channel
}

# Redis ends all connections; the feed has told it all again when it has run a script on a new one.
connections_cut() {
  redis client kill type normal >/dev/null
  eventually 10 has_run_a_script || fail "the feed connects to Redis again"
}
has_run_a_script() {
  redis client list | grep -q 'cmd=evalsha\|cmd=hscan'
}

# --- a call that is up, and a phone ---

ok "it is heard" eventually 10 feed_up
python3 - "$session" "$work/up.raw" <<END
import sys
sys.path.insert(0, "$root/tests")
import event_socket
bodies = event_socket.bodies(sys.argv[1])
end = next(at for at, body in enumerate(bodies) if event_socket.name_of(body) == "CHANNEL_HANGUP")
with open(sys.argv[2], "wb") as file:
    file.write(b"".join(map(event_socket.frame, bodies[:end])))
END
pbx one register 3
pbx one replay "$work/up.raw" asis
ok "a call is up" eventually 10 activity_is 1001 "answer 1"
ok "with both legs" eventually 10 has "callboard:elements:$domain:channel" 2
ok "three phones are there" eventually 10 has registrations 3

# --- Redis ---

before=$(state)
told_before=$(told)
connections_cut
ok "after a lost connection to Redis all is as it was" eventually 10 state_is "$before"
same "and nobody was told it again" "$told_before" "$(told)"

# Something that is no news of a call, and that its record will have when it is written next.
leg=$(redis hget calls 1001 | python3 -c 'import json, sys; print(json.load(sys.stdin)["current"])')
pbx one event "{\"Event-Name\":\"CHANNEL_UNHOLD\",\"Unique-ID\":\"$leg\",\"Caller-Caller-ID-Number\":\"7777\",\"Event-Date-Timestamp\":\"1795247733000000\"}"
shows() {
  redis hget "$1" "$2" | grep -qF "$3"
}
ok "what has changed is shown" eventually 10 shows "callboard:elements:$domain:channel" "$leg" CHANNEL_UNHOLD
told_before=$(told)
connections_cut
ok "a record that is written again knows it" eventually 10 shows calls 1001 7777
same "but is no news" "$told_before" "$(told)"
before=$(state)

redis flushall >/dev/null
connections_cut
ok "a Redis that has lost all is told all" eventually 10 state_is "$before"

# --- the feed is killed ---

# In Redis are the call's legs and records, and, of a run before, what this one never knew.
redis hset "callboard:elements:$domain:channel" stale '{"uuid":"stale","server":"one"}' >/dev/null
redis hset callboard:feed:one "channel	$domain	stale" '' >/dev/null
stale='{"username":"1009","current":"u","notify":"answer","u":{},"activity":["u"]}'
redis hset calls 1009 "$stale" >/dev/null
redis hset callboard:feed:one "call	$domain	1009" "$(printf %s "$stale" | sha1sum | cut -d ' ' -f 1)" >/dev/null
theirs='{"username":"1010","current":"v","notify":"answer","v":{},"activity":["v"]}'
redis hset calls 1010 "$theirs" >/dev/null
redis hset callboard:feed:one "call	$domain	1010" "$(printf %s "$stale" | sha1sum | cut -d ' ' -f 1)" >/dev/null

# settled: nothing is left of before.
settled() {
  has "callboard:elements:$domain:channel" 0 && has registrations 1 && has "callboard:elements:$domain:terminal" 1 &&
    activity_is 1000 "hangup 0" && activity_is 1001 "hangup 0" && activity_is 1009 "hangup 0"
}

kill -KILL "$(server_id freeswitch)"
pbx one registrations 1
pbx one channels none
# Two seconds from its start; these are whole ones that have begun, so one more. With sanitizers it is slow.
began=$SECONDS
server_start freeswitch
ok "two seconds after it was killed and started again Redis is right again" \
  eventually "$((began + $(sanitized && say 20 || say 3) - SECONDS))" settled
same "a record that somebody else has written since is left alone" "$theirs" "$(redis hget calls 1010)"
same "nothing is noted but what is there" 3 "$(redis hlen callboard:feed:one)"
