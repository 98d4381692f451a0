#!/usr/bin/env bash
# News of agents and campaigns out of a callcenter queue: none unless it is wanted, each kind by itself, and in time.
. "$(dirname "$0")/../lib.sh"
. "$root/tests/live.sh"

session=$root/tests/fixtures/freeswitch/esl/session-callcenter.raw.gz
pbx_start pbx
start_instance "[freeswitch]
call_channel = called

$(pbx_section pbx)"

# The last record of the session is told.
is_over() {
  grep -q '"notify\\":\\"hangup\\",.*activity\\":\[\]' "$heard" &&
    [ "$(grep -c '"pmessage","called"' "$heard")" -ge 6 ]
}
# play [OPTION]: one call through the queue, with these news wanted; what is heard is in $heard.
play() {
  local option=${1:-nothing}
  heard=$work/heard-$option.log
  server_stop freeswitch
  redis del enigma:notifications:campaigns >"$work/redis"
  sed -i '/^notify_/d' "$dir/callboard.conf"
  [ $# -eq 0 ] || sed -i "/^call_channel/a notify_$option = yes" "$dir/callboard.conf"
  server_start freeswitch
  eventually 10 feed_up >"$work/status" || fail "FreeSWITCH is heard"
  background "heard-$option" redis-cli -s "$CALLBOARD_REDIS" --csv psubscribe 'enigma:notifications:*' called
  eventually 5 grep -q called "$heard"
  pbx pbx replay "$session" asis
  eventually 10 is_over || fail "all of the session is told" "$(<"$heard")"
}
# news: what is heard in short, in its order: each piece of news, and where the agent's phone rings.
news() {
  sed -nE 's/.*"enigma:notifications:(agents:[^"]*)".*\\"type\\":\\"([a-z]*)\\".*\\"status\\":\\"([a-z_]*)\\".*/\1 \2 \3/p;
    s/.*"enigma:notifications:(agents:[^"]*)".*\\"type\\":\\"(call)\\".*/\1 \2/p;
    s/.*"called".*\\"username\\":\\"1001\\".*\\"notify\\":\\"callin\\".*/1001 rings/p' "$heard"
}
records() {
  redis llen enigma:notifications:campaigns
}

play
same "no news unless they are wanted" '1001 rings' "$(news)"
same "and no records of calls" 0 "$(records)"

play agents_call
same "news of a call come before it rings" 'agents:1000 call
agents:1001 call
1001 rings' "$(news)"
same "they alone" 0 "$(records)"

play agents_status
same "what the agent does" 'agents:1001 status available
agents:1001 status busy
1001 rings
agents:1001 status wrapup
agents:1001 status available' "$(news)"

play campaigns_cdr
same "records of calls alone" '1001 rings' "$(news)"
ok "one for each leg" eventually 10 test "$(records)" = 2
contains "as a packet" '{"type":"cdr","payload":{"extension":"1001","call_ref":"75fef87b-5c0c-4028-a31c-95eb7dbe72ea"' \
  "$(redis lrange enigma:notifications:campaigns 0 -1)"
