#!/usr/bin/env bash
# The call-data cache from its clients' side, through nginx with TLS and basic auth.
. "$(dirname "$0")/../lib.sh"
export CALLBOARD_HTTP_URL CALLBOARD_USER CALLBOARD_PASSWORD # for load.py

start_instance '
[cticache]
ani_digits = 0
[cticache.pool.default]
numbers = 5551234560-5551234569
[cticache.pool.vip]
numbers = +15557770000, 0015557770001
ttl = 600
[cticache.pool.single]
numbers = 5550000001'

at=/cticache/DNIS-ANI

# post BODY [ARGUMENT-OF-CURL]...: a POST of JSON.
post() {
  http POST $at -H 'Content-Type: application/json' --data-binary "$1" "${@:2}"
}

# refused WHAT STATUS FIELD: what the last answer must say.
refused() {
  same "$1: status" "$2" "$STATUS"
  same "$1: field" "$3" "$(json field)"
  ok "$1: says why" test -n "$(json error)"
}

# --- the contract, as written ---

post '{"value" : "12345678", "ani" : "1234567890"}'
same "POST answers 201" 201 "$STATUS"
same "POST's body, byte by byte" '{"dnis":"5551234560","ani":"1234567890","value":"12345678"}' "$BODY"
same "POST's Location" $at/5551234560:1234567890 "$(header Location)"
same "POST's Content-Type" 'application/json; charset=utf-8' "$(header Content-Type)"
same "POST's Content-Length" ${#BODY} "$(header Content-Length)"
same "the entry in Redis" '"12345678"' "$(redis get cticache:5551234560:1234567890)"
ttl=$(redis ttl cticache:5551234560:1234567890)
ok "the entry expires in Redis itself" test "$ttl" -gt 290 -a "$ttl" -le 300

http GET $at/5551234560:1234567890
same "GET answers 200" 200 "$STATUS"
same "GET's body" '{"value":"12345678"}' "$BODY"
contains "GET's weak ETag" 'W/"' "$(header ETag)"
etag=$(header ETag)
http GET $at/5551234560:1234567890 -H "If-None-Match: \"other\", $etag"
same "GET with its ETag answers 304" 304 "$STATUS"
same "a 304 has no body" '' "$BODY"
same "a 304 has the ETag" "$etag" "$(header ETag)"
http GET $at/5551234560:1234567890 -H 'If-None-Match: W/"0-0"'
same "GET with another ETag answers 200" 200 "$STATUS"
http HEAD $at/5551234560:1234567890
same "HEAD answers 200" 200 "$STATUS"
same "HEAD has GET's length" 20 "$(header Content-Length)"

http DELETE $at/5551234560:1234567890
same "DELETE answers 200" 200 "$STATUS"
same "DELETE's body" '{"value":"12345678"}' "$BODY"
http DELETE $at/5551234560:1234567890
same "a second DELETE answers 404" 404 "$STATUS"
http GET $at/5551234560:1234567890
same "GET after DELETE answers 404" 404 "$STATUS"
ok "a 404 is JSON with the reason" test -n "$(json error)"

# --- other ways to say it ---

BODY=$(wget -qO- --ca-certificate="$CALLBOARD_CA" --auth-no-challenge --user="$CALLBOARD_USER" \
  --password="$CALLBOARD_PASSWORD" --post-data='ani=1234567890&value=a%20b%22%C3%AB' "$CALLBOARD_URL$at")
same "wget --post-data" '{"dnis":"5551234561","ani":"1234567890","value":"a b\"ë"}' "$BODY"
for value in '{"a":[1,2.5,null,true,""],"b":{"c":"d"}}' '[]' '0.1' 'null' 'false' '""' '"\u0000"' '9223372036854775807'; do
  post "{\"value\":$value,\"ani\":\"77\"}"
  http GET "$(header Location)"
  same "any JSON value: $value" "{\"value\":$value}" "$BODY"
done
post '{ "value" : { "b" : 1,
   "a" : [ 1 , 2 ] } , "ani" : "1" , "more" : "ignored" }'
contains "white space goes, order stays" '"value":{"b":1,"a":[1,2]}' "$BODY"
post '{"value":1,"ani":"+49*#a._-B"}'
same "an ANI with every allowed character" 201 "$STATUS"
location=$(header Location)
contains "Location is a URL" '%23a._-B' "$location"
http GET "$location"
same "Location leads to the entry" '{"value":1}' "$BODY"
post '{"value":1,"ani":"5","pool":"vip"}'
same "a pool by its name, with +" +15557770000 "$(json dnis)"
ok "the pool's own ttl" test "$(redis ttl cticache:+15557770000:5)" -gt 590
post '{"value":1,"ani":"5","pool":"vip"}'
same "leading zeros stay" 0015557770001 "$(json dnis)"
post '{"value":1,"ani":"6","ttl":50}'
ttl=$(redis ttl "cticache:$(json dnis):6")
ok "the request's own ttl" test "$ttl" -gt 10 -a "$ttl" -le 50
post "{\"value\":1,\"ani\":\"7\"}" -H 'X-Request-Id: my-call.1'
same "X-Request-Id comes back" my-call.1 "$(header X-Request-Id)"

# --- PUT ---

post '{"value":"old","ani":"8","ttl":100}'
location=$(header Location)
key=cticache:$(json dnis):8
http PUT "$location" -H 'Content-Type: application/json' -d '{"value":{"new":1}}'
same "PUT answers 200" 200 "$STATUS"
same "PUT's body" '{"value":{"new":1}}' "$BODY"
http GET "$location"
same "PUT replaced the value" '{"value":{"new":1}}' "$BODY"
ttl=$(redis ttl "$key")
ok "PUT leaves the time to live" test "$ttl" -gt 90 -a "$ttl" -le 100
http PUT "$location" -H 'Content-Type: application/json' -d '{"value":2,"ttl":1000}'
ok "PUT with a ttl changes it" test "$(redis ttl "$key")" -gt 990
http PUT $at/5551234560:999 -H 'Content-Type: application/json' -d '{"value":1}'
same "PUT of nothing answers 404" 404 "$STATUS"
same "PUT of nothing makes nothing" 0 "$(redis exists cticache:5551234560:999)"

# --- rotation ---

redis flushall >/dev/null
given=
for i in $(seq 12); do
  post "{\"value\":1,\"ani\":\"rotation$i\"}"
  given="$given $(json dnis | tail -c 2)"
done
same "numbers are given out in rotation" " 0 1 2 3 4 5 6 7 8 9 0 1" "$given"
redis flushall >/dev/null
given=
for i in $(seq 10); do
  post '{"value":1,"ani":"1234567890"}'
  given="$given $(json dnis | tail -c 2)"
done
same "the same ANI gets another number each time" " 0 1 2 3 4 5 6 7 8 9" "$given"
post '{"value":1,"ani":"1234567890"}'
same "no number left for this ANI: 503" 503 "$STATUS"
contains "no number left: says so" "every number of the pool is taken" "$(json error)"
ok "no number left: Retry-After" test "$(header Retry-After)" -gt 0 -a "$(header Retry-After)" -le 300
post '{"value":1,"ani":"other"}'
same "another ANI still gets one" 201 "$STATUS"
http DELETE $at/5551234567:1234567890
post '{"value":1,"ani":"1234567890"}'
same "the one that became free is found" 5551234567 "$(json dnis)"
post '{"value":1,"ani":"next"}'
same "and the rotation goes on behind it" 5551234568 "$(json dnis)"
post '{"value":1,"ani":"1","pool":"single","ttl":60}'
same "a pool of one" 5550000001 "$(json dnis)"
post '{"value":1,"ani":"1","pool":"single"}'
same "a pool of one, taken" 503 "$STATUS"
ok "Retry-After is when it will be free" test "$(header Retry-After)" -gt 0 -a "$(header Retry-After)" -le 60
redis pexpire cticache:5550000001:1 1 >/dev/null
ok "and then it is" eventually 5 sh -c \
  "test \"\$(redis-cli -s '$CALLBOARD_REDIS' exists cticache:5550000001:1)\" = 0"
post '{"value":1,"ani":"1","pool":"single"}'
same "an expired entry's number is given out again" 201 "$STATUS"

# --- what is wrong is said, and changes nothing ---

redis flushall >/dev/null
long=$(printf '%065d' 0)
while IFS='|' read -r what field body; do
  post "$body"
  refused "$what" 400 "$field"
done <<END
no ani|ani|{"value":1}
ani a number|ani|{"value":1,"ani":123}
ani null|ani|{"value":1,"ani":null}
ani empty|ani|{"value":1,"ani":""}
ani too long|ani|{"value":1,"ani":"$long"}
ani with a space|ani|{"value":1,"ani":"1 2"}
ani with a colon|ani|{"value":1,"ani":"1:2"}
ani with NUL|ani|{"value":1,"ani":"1\u0000"}
ani with a letter outside ASCII|ani|{"value":1,"ani":"Zoë"}
no value|value|{"ani":"1"}
ttl zero|ttl|{"value":1,"ani":"1","ttl":0}
ttl negative|ttl|{"value":1,"ani":"1","ttl":-5}
ttl too large|ttl|{"value":1,"ani":"1","ttl":86401}
ttl a string|ttl|{"value":1,"ani":"1","ttl":"5"}
ttl a fraction|ttl|{"value":1,"ani":"1","ttl":1.5}
pool unknown|pool|{"value":1,"ani":"1","pool":"none"}
pool a number|pool|{"value":1,"ani":"1","pool":1}
not JSON||{"value":1,"ani":"1"
trailing text||{"value":1,"ani":"1"} x
an array||[1]
ani twice||{"value":1,"ani":"1","ani":"2"}
a number of 30 digits||{"value":123456789012345678901234567890,"ani":"1"}
END
post ''
refused "an empty body" 400 ''
printf '{"value":"\xff","ani":"1"}' >"$work/latin1"
http POST $at -H 'Content-Type: application/json' --data-binary @"$work/latin1"
refused "a body that is not UTF-8" 400 ''
python3 -c 'print("{\"ani\":\"1\",\"value\":" + "[" * 100 + "]" * 100 + "}")' >"$work/deep"
http POST $at -H 'Content-Type: application/json' --data-binary @"$work/deep"
refused "nested too deeply" 400 ''
for form in 'value=1|ani' 'ani=1|value' 'ani=1&ani=2&value=3|ani' 'ani=1&value=2&value=3|value' 'ani=1&value=%FF|value' \
  'ani=1&value=2&ttl=x|ttl' 'ani=1%3A2&value=3|ani'; do
  http POST $at -d "${form%|*}"
  refused "form ${form%|*}" 400 "${form#*|}"
done
python3 -c 'print("{\"ani\":\"1\",\"value\":\"" + "x" * 65534 + "\"}", end="")' >"$work/largest"
http POST $at -H 'Content-Type: application/json' --data-binary @"$work/largest"
same "a value of 65536 bytes" 201 "$STATUS"
http DELETE "$(header Location)"
same "is given back whole" 65546 ${#BODY}
sed 's/xx/xxx/' "$work/largest" >"$work/too-large"
http POST $at -H 'Content-Type: application/json' --data-binary @"$work/too-large"
refused "a value of 65537 bytes" 400 value
head -c 500000 /dev/zero >"$work/half-a-megabyte"
http POST $at -H 'Content-Type: application/json' --data-binary @"$work/half-a-megabyte"
refused "a body over the route's limit" 413 ''
http POST $at -H 'Content-Type: text/xml' -d '<x/>'
refused "another content type" 415 ''
http POST $at -H 'Content-Type: application/json; charset=latin1' -d '{"value":1,"ani":"1"}'
refused "another charset" 415 ''
http POST $at -H 'Content-Type:' -d '{"value":1,"ani":"1"}'
refused "no content type" 415 ''
http POST $at
refused "a POST without body or length" 411 ''
for key in 5551234560 5551234560: :123 a%20b:1 1:2:3 5551234560:Zo%C3%AB; do
  http GET $at/$key
  same "GET of the key $key" 400 "$STATUS"
done
http GET $at
refused "GET of the collection" 405 ''
same "405 says what it takes" "POST, OPTIONS" "$(header Allow)"
http OPTIONS $at/1:2
same "OPTIONS answers 204" 204 "$STATUS"
same "OPTIONS says what an entry takes" "GET, HEAD, PUT, DELETE, OPTIONS" "$(header Allow)"
http GET /cticache/other
refused "another path" 404 ''
anonymous GET $at/1:2
same "without a password: 401" 401 "$STATUS"
anonymous POST $at --user demo:wrong -d 'ani=1&value=1'
same "with a wrong password: 401" 401 "$STATUS"
same "nothing of that made an entry" '' "$(redis --scan --pattern 'cticache:*')"
same "nothing of that moved the rotation on" 1 "$(redis get callboard:cticache:rotation:default)"

# --- what others put into Redis breaks nothing ---

redis set cticache:1:1 'not JSON' >/dev/null
http GET $at/1:1
refused "a value that is not JSON" 500 ''
redis hset cticache:1:2 a b >/dev/null
http GET $at/1:2
refused "a key of another type" 500 ''

# --- many at once ---

redis flushall >/dev/null
result=$(python3 "$root/tests/load.py" same-ani 200 10)
same "200 clients, one ANI, ten numbers: ten get one" 10 \
  "$(python3 -c 'import json,sys; d=json.loads(sys.argv[1]); print(len(set(d["dnis"])) if len(d["dnis"])==len(set(d["dnis"])) else -1)' "$result")"
same "200 clients, one ANI: nothing else" '{"201": 10, "503": 200} 0 []' \
  "$(python3 -c 'import json,sys; d=json.loads(sys.argv[1]); print(json.dumps(dict(sorted(d["statuses"].items()))), d["broken"], d["wrong"])' "$result")"
http GET /status
same "/status counts the live entries" 10 "$(json pools 0 entries)"
redis --scan --pattern 'cticache:*' | sed 's/^cticache://' >"$work/keys"
result=$(python3 "$root/tests/load.py" take 200 10 <"$work/keys")
same "200 clients take ten entries: each goes to one" '{"200": 10, "404": 1990} 0' \
  "$(python3 -c 'import json,sys; d=json.loads(sys.argv[1]); print(json.dumps(dict(sorted(d["statuses"].items()))), d["broken"])' "$result")"
http GET /status
same "/status: none alive" 0 "$(json pools 0 entries)"
result=$(python3 "$root/tests/load.py" mixed 200 3)
same "200 clients leave, read and take: all right" '0 [] {"200", "201"}' \
  "$(python3 -c 'import json,sys; d=json.loads(sys.argv[1]); s=set(d["statuses"]) - {"503"}; print(d["broken"], d["wrong"], "{" + ", ".join("\"%s\"" % k for k in sorted(s)) + "}")' "$result")"

# --- ani_digits ---

start_instance '
[cticache]
ani_digits = 10
[cticache.pool.default]
numbers = 5551234560-5551234569'
post '{"value":"x","ani":"+1 234 567 890"}'
same "ani_digits: still no spaces" 400 "$STATUS"
post '{"value":"x","ani":"+11234567890"}'
same "ani_digits: the ANI comes back as given" +11234567890 "$(json ani)"
same "ani_digits: Location has it as given" $at/5551234560:+11234567890 "$(header Location)"
for ani in 1234567890 0011234567890 11234567890 +11234567890 123-456-7890; do
  http GET $at/5551234560:$ani
  same "ani_digits: found as $ani" '{"value":"x"}' "$BODY"
done
http GET $at/5551234560:234567890
same "ani_digits: not with fewer digits" 404 "$STATUS"
post '{"value":"x","ani":"01234567890"}'
same "ani_digits: the same ANI in another form gets another number" 5551234561 "$(json dnis)"
post '{"value":"x","ani":"alice1"}'
post '{"value":"x","ani":"bob1"}'
http GET $at/5551234562:bob1
same "ani_digits: a name is not its digits" 404 "$STATUS"
