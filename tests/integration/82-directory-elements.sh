#!/usr/bin/env bash
# What screens see of the directory: users, groups and their members, whoever has written them and however.
. "$(dirname "$0")/../lib.sh"
. "$root/tests/live.sh"

pbx_start pbx
start_instance "[freeswitch]
directory_seconds = 1

$(pbx_section pbx)"
json_type='Content-Type: application/json'

# element DOMAIN ELEMENT ID
element() {
  redis hget "callboard:elements:$1:$2" "$3"
}
element_is() {
  [ "$(element "$1" "$2" "$3")" = "$4" ]
}
grep_element() {
  element a.test user 1001 | grep -q "$1"
}
elements() {
  redis hlen "callboard:elements:$1:$2"
}
has() {
  [ "$(elements "$1" "$2")" = "$3" ]
}
events() {
  redis xlen "callboard:events:$1"
}

# --- written by other tools ---

redis hset cti_domain a.test '{}' >"$work/redis"
seq 1000 1999 | awk '{ printf "HSET cti_exten@a.test %s \047{\"param\":{\"password\":\"hunter2\",\"vm-mailto\":\"%s@a.test\"},\"variable\":{\"effective_caller_id_name\":\"Ext %s\"}}\047\n", $1, $1, $1 }' |
  redis >"$work/redis"
redis hset cti_exten@a.test 1000 '{"torn' >"$work/redis"
redis hset cti_group@a.test sales '{"members":["1001","1002"],"variable":{"group_type":"hunt"}}' >"$work/redis"
ok "the whole domain is there" eventually 15 has a.test user 1000
ok "with its groups" eventually 5 has a.test group_member 2
same "a user is what the record says" \
  '{"id":"1001","name":"1001","main_extension":"1001","email":"1001@a.test","label":"Ext 1001"}' \
  "$(element a.test user 1001)"
same "of a torn record there is the name" '{"id":"1000","name":"1000","main_extension":"1000"}' "$(element a.test user 1000)"
same "a hunt group" '{"id":"sales","name":"sales","type":1}' "$(element a.test group sales)"
same "its second member" '{"id":"sales:1002","group_id":"sales","user_id":"1002","priority":2}' \
  "$(element a.test group_member sales:1002)"
same "the domain" '{"id":"a.test","name":"a.test"}' "$(element a.test domain a.test)"
same "an event for each of them" 1004 "$(events a.test)"
same "no password anywhere" 0 "$(
  { redis hvals callboard:elements:a.test:user && redis xrange callboard:events:a.test - +; } | grep -c hunter2
)"

redis hdel cti_exten@a.test 1999 >"$work/redis"
redis hset cti_group@a.test sales '{"members":["1002"]}' >"$work/redis"
ok "who is deleted goes" eventually 10 has a.test user 999
ok "a member that left too" eventually 10 has a.test group_member 1
ok "and a group that changes type" eventually 10 element_is a.test group sales '{"id":"sales","name":"sales","type":0}'
# A user and a member are gone, the group and the place of the other member have changed.
has_events() {
  [ "$(events a.test)" = "$1" ]
}
ok "each of these is an event" eventually 5 has_events 1008
sleep 2 # some comparisons
same "what has not changed is none" 1008 "$(events a.test)"
same "the event of who went has what he was" \
  '{"id":"1999","name":"1999","main_extension":"1999","email":"1999@a.test","label":"Ext 1999"}' \
  "$(redis xrange callboard:events:a.test - + | grep -A4 '^removed$' | grep '"1999"')"

# --- written by the API ---

http PUT /directory/a.test/extensions/2500 -H "$json_type" -d '{"variable":{"effective_caller_id_name":"New"}}'
ok "an extension that the API makes" \
  eventually 5 element_is a.test user 2500 '{"id":"2500","name":"2500","main_extension":"2500","label":"New"}'
http DELETE /directory/a.test/extensions/2500
ok "and deletes" eventually 5 has a.test user 999

# An hour between two comparisons: what follows at once does so because it is told.
server_stop freeswitch
sed -i 's/^directory_seconds = 1$/directory_seconds = 3600/' "$dir/callboard.conf"
redis hset cti_exten@a.test 1997 '{}' >"$work/redis"
server_start freeswitch
ok "the first comparison is over" eventually 10 element_is a.test user 1997 '{"id":"1997","name":"1997","main_extension":"1997"}'
http PUT /directory/a.test/groups/hotline -H "$json_type" \
  -d '{"members":["1001","1003"],"variable":{"group_type":"hunt","label":"Hotline"}}'
same "a group that the API makes: 201" 201 "$STATUS"
ok "is there at once" \
  eventually 5 element_is a.test group hotline '{"id":"hotline","name":"hotline","type":1,"label":"Hotline"}'
ok "with its members" eventually 5 has a.test group_member 3
http PATCH /directory/a.test/groups/hotline -H "$json_type" -d '{"members":["1003"]}'
ok "a member that leaves goes" eventually 5 element_is a.test group_member hotline:1001 ''
ok "and who stays is the first one" eventually 5 element_is a.test group_member hotline:1003 \
  '{"id":"hotline:1003","group_id":"hotline","user_id":"1003","priority":1}'
http DELETE /directory/a.test/groups/hotline
ok "a group that the API deletes" eventually 5 element_is a.test group hotline ''
ok "takes its members along" eventually 5 has a.test group_member 1
ok "and no other group" element_is a.test group sales '{"id":"sales","name":"sales","type":0}'
redis hset cti_exten@c.test 7 '{}' >"$work/redis"
http PUT /directory/c.test -H "$json_type" -d '{"variable":{"a":"b"}}'
ok "a domain that the API makes is there with its users" eventually 5 has c.test user 1
http DELETE /directory/c.test
ok "and goes with them" eventually 5 has c.test user 0
ok "itself too" eventually 5 has c.test domain 0
# mailbox YES|NO COUNTERS: what FreeSWITCH says of 1001's.
mailbox() {
  pbx pbx event "{\"Event-Name\":\"MESSAGE_WAITING\",\"Event-Date-Timestamp\":\"1795247725884091\",\"MWI-Messages-Waiting\":\"$1\",\"MWI-Message-Account\":\"sip:1001@a.test\",\"MWI-Voice-Message\":\"$2 (0/0)\"}"
}
has_mailbox() {
  element a.test user 1001 | grep -q "\"mwi\":\"$1\""
}
mailbox yes 2/1
ok "messages that wait are the user's" eventually 5 has_mailbox 2/1
http PATCH /directory/a.test/extensions/1001 -H "$json_type" -d '{"variable":{"role":"chief"}}'
ok "when he changes" eventually 5 grep_element chief
ok "they still wait" has_mailbox 2/1
mailbox no 0/0
ok "until he has heard them" eventually 5 element_is a.test user 1001 \
  '{"id":"1001","name":"1001","main_extension":"1001","role":"chief","email":"1001@a.test","label":"Ext 1001"}'
mailbox yes 1/0
ok "another one" eventually 5 has_mailbox 1/0

redis hset cti_exten@a.test 1996 '{"variable":{"role":"late"}}' >"$work/redis"
sleep 2
not_ok "what nobody tells waits for the next comparison" \
  grep -q late <(redis hget callboard:elements:a.test:user 1996)
server_stop freeswitch
sed -i 's/^directory_seconds = 3600$/directory_seconds = 1/' "$dir/callboard.conf"
server_start freeswitch

# --- Redis and the feed come and go ---

server_stop freeswitch
redis hdel cti_exten@a.test 1998 >"$work/redis"
redis hset cti_domain b.test '{}' >"$work/redis"
redis hset cti_exten@b.test 1 '{}' >"$work/redis"
server_start freeswitch
ok "what changed while the feed was down" eventually 10 has a.test user 998
ok "messages still wait" has_mailbox 1/0
ok "a domain that is new" eventually 10 has b.test user 1
server_stop freeswitch
redis hdel cti_domain b.test >"$work/redis"
server_start freeswitch
ok "a domain that is gone takes its users along" eventually 10 has b.test user 0
ok "and itself" eventually 10 has b.test domain 0
