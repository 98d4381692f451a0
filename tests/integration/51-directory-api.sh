#!/usr/bin/env bash
# The directory's API, as an administrator uses it instead of redis-cli.
. "$(dirname "$0")/../lib.sh"

start_instance
at=/directory/pbx.test
json_type='Content-Type: application/json'

# put PATH BODY [ARGUMENT-OF-CURL]..., patch likewise: JSON.
put() {
  http PUT "$at$1" -H "$json_type" --data-binary "$2" "${@:3}"
}
patch() {
  http PATCH "$at$1" -H "$json_type" --data-binary "$2" "${@:3}"
}

look_up() {
  anonymous POST "$CALLBOARD_HTTP_URL/directory" --user "freeswitch:$CALLBOARD_FREESWITCH_PASSWORD" \
    -d "section=directory&key=id&user=$1&domain=pbx.test"
}

# refused WHAT FIELD
refused() {
  same "$1" "400 $2" "$STATUS $(json field)"
}

# --- one extension ---

record='{"param":{"password":"1234"},"variable":{"context":"a"},"attribute":{"number-alias":"2000"}}'
put /extensions/1000 "$record"
same "PUT of a new one: 201" 201 "$STATUS"
same "PUT stores it" "$record" "$(redis hget cti_exten@pbx.test 1000)"
same "and its alias" 1000 "$(redis hget cti_alias@pbx.test 2000)"
etag=$(header ETag)
http GET $at/extensions/1000
same "GET gives the stored form" "200 $record" "$STATUS $BODY"
same "with the same ETag" "$etag" "$(header ETag)"
http GET $at/extensions/1000 -H "If-None-Match: $etag"
same "GET with it: 304" 304 "$STATUS"
look_up 2000
contains "FreeSWITCH finds it by its alias" '<user id="1000" number-alias="2000">' "$BODY"

patch /extensions/1000 '{"variable":{"context":null,"toll_allow":"local"},"attribute":{"number-alias":"2001"}}' \
  -H "If-Match: $etag"
same "PATCH: 200" 200 "$STATUS"
same "PATCH changes what it names" \
  '{"param":{"password":"1234"},"variable":{"toll_allow":"local"},"attribute":{"number-alias":"2001"}}' "$BODY"
same "the alias follows" "1000 " "$(redis hget cti_alias@pbx.test 2001) $(redis hget cti_alias@pbx.test 2000)"
patch /extensions/1000 '{"variable":{"a":"b"}}' -H "If-Match: $etag"
same "PATCH from an old state: 412" 412 "$STATUS"
put /extensions/1000 '{}' -H 'If-None-Match: *'
same "PUT of what must be new, but is not: 412" 412 "$STATUS"
http PATCH $at/extensions/1000 -H 'Content-Type: application/merge-patch+json' -d '{"param":{"vm-password":1}}'
same "PATCH by its own content type" 200 "$STATUS"
patch /extensions/nobody '{}'
same "PATCH of nobody: 404" 404 "$STATUS"

put /extensions/1001 '{"attribute":{"number-alias":"2001"}}'
same "an alias that another one has: 409" "409 attribute.number-alias" "$STATUS $(json field)"
put /extensions/1001 '{"attribute":{"number-alias":"1000"}}'
same "or that is its name: 409" 409 "$STATUS"
redis hset cti_alias@pbx.test 3000 gone >/dev/null
put /extensions/1001 '{"attribute":{"number-alias":"3000"}}'
same "an alias whose owner has gone is free" "201 1001" "$STATUS $(redis hget cti_alias@pbx.test 3000)"

put '/extensions/1002?realm=pbx.test' '{"param":{"password":"secret"}}'
same "?realm= stores a hash instead of the password" \
  "{\"param\":{\"a1-hash\":\"$(printf 1002:pbx.test:secret | md5sum | cut -d ' ' -f 1)\"}}" \
  "$(redis hget cti_exten@pbx.test 1002)"

# --- what is refused, and which field ---

while read -r field body; do
  put /extensions/bad "$body"
  refused "$body" "$field"
done <<'END'
param.auth-acl {"param":{"auth-acl":"10.0.0.300/8,x"}}
param.auth-acl {"param":{"auth-acl":"10.0.0.0/33"}}
param.a1-hash {"param":{"a1-hash":"1234"}}
param.user-agent-filter {"param":{"user-agent-filter":"(["}}
param.max-registrations-per-extension {"param":{"max-registrations-per-extension":"many"}}
param.allow-empty-password {"param":{"allow-empty-password":"perhaps"}}
param.password {"param":{"password":"a\u0000b"}}
param.password {"param":{"password":["a"]}}
variable.sip-force-expires {"variable":{"sip-force-expires":"soon"}}
attribute.cacheable {"attribute":{"cacheable":"forever"}}
attribute.id {"attribute":{"id":"1001"}}
attribute.ip {"attribute":{"ip":"10.0.0.1"}}
attribute.a/b {"attribute":{"a/b":"1"}}
attribute.number-alias {"attribute":{"number-alias":"bad"}}
param {"param":[]}
parameter {"parameter":{}}
END
put /extensions/bad '[]'
same "an array: 400" 400 "$STATUS"
http PUT $at/extensions/bad -H 'Content-Type: text/plain' -d '{}'
same "no JSON: 415" 415 "$STATUS"
same "nothing of it was stored" 0 "$(redis hexists cti_exten@pbx.test bad)"
put /extensions/1003 '{"param":{"auth-acl":"10.0.0.1, 2001:db8::1","a1-hash":"CDA24521D16D9C5D818F39CF5AEDF972"}}'
same "bare addresses and hashes are stored as FreeSWITCH needs them" \
  '{"param":{"auth-acl":"10.0.0.1/32,2001:db8::1/128","a1-hash":"cda24521d16d9c5d818f39cf5aedf972"}}' "$BODY"

# --- two at once ---

changes() {
  local i
  for ((i = 0; i < 15; i++)); do
    curl -sS -o /dev/null --cacert "$CALLBOARD_CA" --user "$CALLBOARD_USER:$CALLBOARD_PASSWORD" -X PATCH \
      -H "$json_type" -d "{\"variable\":{\"$1$i\":1}}" "$CALLBOARD_URL$at/extensions/1000"
  done
}
changes a &
changes b
wait $!
same "changes at the same time are all there" 30 \
  "$(redis hget cti_exten@pbx.test 1000 | grep -oE '"[ab][0-9]+":1' | wc -l)"

# --- many at once, and lists ---

for number in {1100..1349}; do
  say "{\"name\":\"$number\",\"param\":{\"password\":\"hunter2\",\"vm-password\":\"1\"},\"attribute\":{\"number-alias\":\"5$number\"}}"
done >"$work/lines"
http PUT $at/extensions -H 'Content-Type: application/x-ndjson' --data-binary "@$work/lines"
same "PUT of many" '200 {"written":250}' "$STATUS $BODY"
look_up 51234
contains "all are there, with their aliases" '<user id="1234" number-alias="51234">' "$BODY"
say '{"name":"1100","param":{"auth-acl":"x y"}}' >>"$work/lines"
http PUT $at/extensions -H 'Content-Type: application/x-ndjson' --data-binary "@$work/lines"
same "one bad line refuses all" "400 param.auth-acl" "$STATUS $(json field)"
contains "and is named" "line 251" "$(json error)"

names=
cursor=0
until [ "$cursor" = null ]; do
  http GET "$at/extensions?limit=50&cursor=$cursor"
  not_ok "a page holds no password" grep -q 'password\|hunter2' <<<"$BODY"
  names+=$(python3 -c 'import json,sys; [print(e["name"]) for e in json.load(sys.stdin)["extensions"]]' <<<"$BODY")$'\n'
  cursor=$(json next)
done
same "the pages hold every extension" "$(redis hlen cti_exten@pbx.test)" "$(grep . <<<"$names" | sort -u | wc -l)"

# --- groups and defaults ---

put /groups/sales '{"members":["1000","1001"],"variable":{"a":"b"}}'
same "PUT of a group" 201 "$STATUS"
http GET $at/groups
contains "groups are listed" '"members":["1000","1001"]' "$BODY"
put /groups/sales '{"members":"1000"}'
refused "members must be an array" members
http PUT $at -H "$json_type" -d '{"variable":{"context":"tenant"}}'
same "PUT of a domain's defaults" 201 "$STATUS"
look_up 1000
contains "they count at once" 'value="tenant"' "$BODY"
http DELETE $at
same "DELETE of them" 204 "$STATUS"
http DELETE $at/groups/sales
same "DELETE of a group" 204 "$STATUS"
http DELETE $at/groups/sales
same "a second time: 404" 404 "$STATUS"

# --- what others hear, and what is left ---

background heard redis-cli -s "$CALLBOARD_REDIS" subscribe callboard:directory:changes
eventually 5 grep -q subscribe "$work/heard.log"
http DELETE $at/extensions/1000
same "DELETE: 204" 204 "$STATUS"
ok "every change is told to who wants to flush FreeSWITCH's copy" \
  eventually 5 grep -q '{"domain":"pbx.test","user":"1000"}' "$work/heard.log"
same "its alias is gone too" "" "$(redis hget cti_alias@pbx.test 2001)"
look_up 1000
contains "FreeSWITCH does not find it" 'not found' "$BODY"
not_ok "no password is in a log" grep -rqs 'hunter2\|1234"' "$dir/log"
