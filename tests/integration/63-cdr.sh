#!/usr/bin/env bash
# Records of calls: what FreeSWITCH posted, byte by byte, and phone calls over /direct, as packets.
. "$(dirname "$0")/../lib.sh"

start_instance '
[cdr]
calls = yes
phonecalls = yes
[phonecalls]
contacts = create'

list=enigma:notifications:campaigns
fixtures=$root/tests/fixtures/freeswitch/json_cdr

# report NAME: posts the recorded request's body as FreeSWITCH did.
report() {
  python3 - "$fixtures/$1.request" "$work/report" "$work/type" <<'END'
import re, sys
head, body = open(sys.argv[1], "rb").read().split(b"\r\n\r\n", 1)
open(sys.argv[2], "wb").write(body)
open(sys.argv[3], "wb").write(re.search(rb"(?i)content-type: ([^\r]*)", head)[1])
END
  http POST "/cdr/freeswitch?uuid=$1" -H 'User-Agent: freeswitch-json/1.0' -H 'Expect:' \
    -H "Content-Type: $(<"$work/type")" --data-binary @"$work/report"
}

count=0
for file in "$fixtures"/*.request; do
  name=$(basename "$file" .request)
  report "$name"
  count=$((count + 1))
  same "$name: 200, and a packet" "200 $count" "$STATUS $(redis llen $list)"
done
report answered-a-leg
same "the same leg again is the same packet" "200 $count" "$STATUS $(redis llen $list)"
contains "a packet" '{"type":"cdr","payload":{"extension":"1000","call_ref":"ab1ab002-ccd4-46a7-b39b-773deb45dde1","contact_ref":"","dialed_at":"2026-11-21T07:55:31Z","end_reason":"NORMAL_CLEARING","end_code":200,"call_time":4,"call_dir":"inbound","recording_url":"","ref":""}}' \
  "$(redis lrange $list 0 -1)"
calls=$(redis hkeys 'phonecalls:{2026-11-21}')
contains "its phone call" "1000|1001" "$calls"
same "one a call: legs that another leg made are none" $((count - 3)) "$(wc -l <<<"$calls")"
http POST /cdr/freeswitch -H 'Content-Type: application/json' -d '{"no":"call"}'
same "what is no record: 400" 400 "$STATUS"

redis del $list >/dev/null
anonymous GET "/direct/items/phonecalls/create?token=$CALLBOARD_TOKEN&initiated=2012-08-23T12:20:33Z&source=7222&destination=02122853348&duration=45"
same "a phone call over /direct" false "$(json error)"
same "becomes a packet" '{"type":"cdr","payload":{"extension":"7222","call_ref":"'"$(json phonecallId)"'","contact_ref":"'"$(json contactId)"'","dialed_at":"2012-08-23T12:20:33Z","end_reason":"","end_code":null,"call_time":45,"call_dir":"outbound","recording_url":"","ref":"'"$(json phonecallId)"'"}}' \
  "$(redis lrange $list 0 -1)"
anonymous GET "/direct/items/phonecalls/create?token=$CALLBOARD_TOKEN&initiated=2012-08-23T12:20:33Z&source=7222&destination=02122853348&duration=45"
same "once" 1 "$(redis llen $list)"

redis flushall >/dev/null
server_stop redis
report busy-b-leg
same "Redis away: still 200, the packet is in the spool" "200 true" "$STATUS $(json spooled)"
report busy-a-leg-to-voicemail
same "Redis away, and a phone call to record: not a yes" 503 "$STATUS"
server_start redis
both() { [ "$(redis llen $list)" = 2 ]; }
ok "and the packets come when it is back" eventually 10 both
report busy-a-leg-to-voicemail
same "the report sent again: 200, and no second packet" "200 2" "$STATUS $(redis llen $list)"
same "and the phone call" 1 "$(redis hlen 'phonecalls:{2026-11-21}')"
