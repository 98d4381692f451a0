#!/usr/bin/env bash
# Phone calls from the side of the scripts that record them: wget, curl, and a cron job that says all again.
. "$(dirname "$0")/../lib.sh"
export CALLBOARD_HTTP_URL CALLBOARD_TOKEN # for direct.py

start_instance '
[callboard]
workers = 4
[phonecalls]
rewrite = drop 9
rewrite = add 0212 if 7 digits'

at=$CALLBOARD_URL/direct/items/phonecalls
good='initiated=2012-08-23T12:20:33&source=7222&destination=02122853348'

# direct ITEM QUERY [ARGUMENT-OF-CURL]...: sets STATUS, BODY and HEADERS.
direct() {
  anonymous GET "/direct/items/$1?token=$CALLBOARD_TOKEN&$2" "${@:3}"
}

# As the callers of old do it.
get() {
  wget --no-check-certificate -qO- "$1"
}

# refused WHAT FIELD: the last answer is 200 with an error about FIELD alone.
refused() {
  same "$1: 200" 200 "$STATUS"
  same "$1: only $2 is named" "$2" "$(python3 -c '
import json, sys
d = json.load(sys.stdin)
print(*d["errors"] if d["error"] is True else d)' <<<"$BODY")"
}

direct contacts/create 'name=Ada+Example&phone=0212-285-3348'
contact=$(json contactId)

# --- the contract, as written ---

BODY=$(get "$at/create?token=$CALLBOARD_TOKEN&$good&duration=45&url=http://pbx.example.com/rec/1.wav")
same "wget: create, byte by byte" "{ \"error\": false, \"contactId\": $contact, \"phonecallId\": 1 }" "$BODY"
same "a call is one field of its day" 12:20:33\|7222\|02122853348 "$(redis hkeys 'phonecalls:{2012-08-23}')"
BODY=$(curl -sk "$at/create?token=$CALLBOARD_TOKEN&$good")
same "curl: the same call again, without zone" "{ \"error\": false, \"contactId\": $contact, \"phonecallId\": 1 }" "$BODY"
BODY=$(curl -sk "$at/create" -d "token=$CALLBOARD_TOKEN" -d initiated=2012-08-23T12:20:33Z -d source=7222 \
  -d destination=02122853348 -d duration=1)
same "curl: the same as a form, with Z" "{ \"error\": false, \"contactId\": $contact, \"phonecallId\": 1 }" "$BODY"
BODY=$(curl -sk "$at/create?token=$CALLBOARD_TOKEN&$good" -u cron:whatever)
same "basic credentials are nobody's business" 1 "$(json phonecallId)"
same "nothing was changed by all that" 45 "$(direct phonecalls/list "contactId=$contact" && json phonecalls 0 duration)"

BODY=$(get "$at/create?token=$CALLBOARD_TOKEN&initiated=2012-08-23T12:20:33&source=7222&destination=5550000")
same "an unknown number, in the document's words" \
  '{ "error": true, "errors": { "destination": "no se consiguió el número de destino en la base de datos" } }' "$BODY"
direct phonecalls/create "initiated=2012-08-23T12:20:33&source=7222&destination=5550000" -H 'Accept-Language: en'
same "and in English" "the destination number was not found in the database" "$(json errors destination)"

for day in 22 23 24 25 26; do
  get "$at/create?token=$CALLBOARD_TOKEN&initiated=2012-08-${day}T01:00:00&source=1&destination=92853348" >"$work/one"
  contains "a prefix is dropped, an area code added: $day" '"error": false' "$(<"$work/one")"
done
BODY=$(get "$at/delete?token=$CALLBOARD_TOKEN&from=2012-08-23&to=2012-08-26")
same "wget: delete, byte by byte" '{ "count" : 2, "error" : false }' "$BODY"
same "from and to themselves stay" "phonecalls:{2012-08-22} phonecalls:{2012-08-23} phonecalls:{2012-08-26}" \
  "$(redis --raw keys 'phonecalls:*' | sort | paste -sd ' ')"
direct phonecalls/list "contactId=$contact"
same "the wall shows no deleted call" 2012-08-26T01:00:00Z,2012-08-23T12:20:33Z,2012-08-23T01:00:00Z,2012-08-22T01:00:00Z \
  "$(python3 -c 'import json, sys; print(*(c["initiated"] for c in json.load(sys.stdin)["phonecalls"]), sep=",")' <<<"$BODY")"
same "and nothing of the day is left" 0 "$(redis --raw keys '*{2012-08-24}*' | grep -c .)"

# --- credentials ---

anonymous GET "/direct/items/phonecalls/create?token=wrong&$good"
same "a wrong token: 403" 403 "$STATUS"
same "403 is JSON in the contract's form" true "$(json error)"
ok "403 names the token" test -n "$(json errors token)"
anonymous GET "/direct/items/phonecalls/create?$good"
same "no token: 403" 403 "$STATUS"
not_ok "no log has the token" grep -r -e "$CALLBOARD_TOKEN" "$dir/log"

# --- every field, wrong in every way ---

create() {
  direct phonecalls/create "$1"
}
long=$(printf 'x%.0s' {1..65})
for initiated in '' now 2012-08-23 2012-08-23T25:00 2012-02-30T10:00:00 2011-02-29T10:00:00 2012-08-23T12:20:33%2B25 1345724433; do
  create "initiated=$initiated&source=1&destination=2853348"
  refused "initiated=$initiated" initiated
done
for wrong in '' %00 %0a a%1fb %7f %ff $long; do
  create "initiated=2012-08-23T12:20:33&source=$wrong&destination=2853348"
  refused "source=$wrong" source
  create "initiated=2012-08-23T12:20:33&source=1&destination=$wrong"
  refused "destination=$wrong" destination
done
for wrong in -1 604801 1.5 abc 1e3 99999999999999999999; do
  create "$good&duration=$wrong"
  refused "duration=$wrong" duration
done
for wrong in ftp://a/b javascript:alert http:// "http://a/b%20c" "http://a/%0d%0a" "http://a/$(printf 'x%.0s' {1..2048})"; do
  create "$good&url=$wrong"
  refused "url=${wrong:0:30}" url
done
create "$good&source=7222"
refused "source twice" source
create "duration=x&url=x"
same "all that is wrong, at once" "destination duration initiated source url" \
  "$(python3 -c 'import json, sys; print(*sorted(json.load(sys.stdin)["errors"]))' <<<"$BODY")"
for wrong in '' 2012-08-23T00:00:00 2012-08-23T00 23.08.2012 2012-02-30 yesterday; do
  direct phonecalls/delete "from=$wrong&to=2012-08-26"
  refused "delete from=$wrong" from
  direct phonecalls/delete "from=2012-08-01&to=$wrong"
  refused "delete to=$wrong" to
done
for to in 2012-08-22 2012-08-21; do
  direct phonecalls/delete "from=2012-08-22&to=$to"
  refused "from not before to" "from to"
done
same "nothing was deleted by all that" 4 "$(direct phonecalls/list "contactId=$contact" && grep -c phonecallId <<<"$BODY")"
direct phonecalls/create "$good" -X POST -H 'Content-Type: text/plain' --data x
same "a body of another type: 415" 415 "$STATUS"
direct phonecalls/create "$good" -X PUT
same "PUT: 405" 405 "$STATUS"

# --- once each ---

same "64 at once, written in different ways: one id for all" 1 "$(python3 "$root/tests/direct.py" same | sort -u | wc -l)"
same "and one call" 1 "$(redis hlen 'phonecalls:{2012-09-01}')"

python3 "$root/tests/direct.py" replay 10000 >"$work/first"
same "10,000 calls are recorded" "10000 10000" "$(wc -l <"$work/first") $(sort -u "$work/first" | wc -l)"
written() {
  redis info persistence | grep -a aof_current_size
}
contains "Redis keeps a log of what is written" aof_current_size: "$(written)"
before=$(written)
python3 "$root/tests/direct.py" replay 10000 >"$work/second"
ok "said again they have the ids they had" cmp <(sort "$work/first") <(sort "$work/second")
same "and nothing at all was written" "$before" "$(written)"
last=$(sort -n "$work/first" | tail -n 1)
direct phonecalls/delete "from=2012-09-30&to=2012-11-01"
same "the calls of October" 10000 "$(json count)"
restart_instance
create "initiated=2012-10-05T10:00:00&source=1&destination=2853348"
ok "an id is never given twice" test "$(json phonecallId)" -gt "$last"
direct phonecalls/delete "from=2012-09-30&to=2012-11-01"

# --- lists, page by page ---

for second in 59 01 30; do
  for hour in 23 00 11; do
    create "initiated=2012-10-0$((hour % 3 + 1))T$hour:00:$second&source=$hour&destination=2853348"
  done
done
pages() {
  local cursor=
  while :; do
    direct phonecalls/list "$1&limit=2&format=csv&cursor=$cursor"
    sed 1d <<<"$BODY" | cut -d, -f3
    cursor=$(header X-Next-Cursor)
    [ -n "$cursor" ] || return
  done
}
expected=$(printf '2012-10-0%sZ\n' 3T23:00:59 3T23:00:30 3T23:00:01 3T11:00:59 3T11:00:30 3T11:00:01 1T00:00:59 1T00:00:30 1T00:00:01)
same "by days, newest first" "$expected" "$(pages "from=2012-09-30&to=2012-10-31")"
same "by contact, newest first" "$expected" "$(pages "contactId=$contact&from=2012-09-30&to=2012-10-31")"
direct phonecalls/list "contactId=$contact&cursor=00"
refused "a cursor of one's own making" cursor

# --- months, leap days, a very long range ---

for day in 2012-01-31 2012-02-28 2012-02-29 2012-03-01 2011-02-28 2011-03-01 2012-12-31 2013-01-01; do
  create "initiated=${day}T23:59:59.9&source=1&destination=2853348"
done
deleted() {
  direct phonecalls/delete "from=$2&to=$3"
  same "$1" "$4" "$(json count)"
}
deleted "the day in a leap year" 2012-02-28 2012-03-01 1
deleted "no day where there is no leap day" 2011-02-28 2011-03-01 0
deleted "over the end of a month" 2012-01-30 2012-02-02 1
deleted "over the end of a year" 2012-12-30 2013-01-02 2
rest=$(redis --raw keys 'phonecalls:{*' | while read -r key; do redis hlen "$key"; done | awk '{ n += $1 } END { print n }')
deleted "thirty years" 2000-01-01 2030-01-01 "$rest"
same "nothing is left" 0 "$(redis keys 'phonecalls:*' | grep -c .)"

# --- Redis away ---

server_stop redis
create "initiated=2012-11-01T10:00:00&source=1&destination=2853348"
same "Redis away: 503" 503 "$STATUS"
same "503 is JSON in the contract's form" true "$(json error)"
ok "503 says when to try again" test -n "$(header Retry-After)"
server_start redis
back() {
  create "initiated=2012-11-01T10:00:00&source=1&destination=2853348" && [ "$STATUS" = 200 ]
}
ok "it is recorded when Redis is back" eventually 10 back
same "once" 1 "$(redis hlen 'phonecalls:{2012-11-01}')"
