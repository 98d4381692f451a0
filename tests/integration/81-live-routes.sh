#!/usr/bin/env bash
# Who is registered, who is on a call, which channels are up: what feeds keep in Redis, read over HTTP.
. "$(dirname "$0")/../lib.sh"

start_instance

# pages PATH MEMBER ID: what all pages from PATH have, one a line, sorted.
pages() {
  local cursor='' path=$1
  while :; do
    http GET "$path$cursor"
    [ "$STATUS" = 200 ] || return
    python3 -c 'import json, sys
for entry in json.load(sys.stdin)[sys.argv[1]]:
    print(entry[sys.argv[2]])' "$2" "$3" <<<"$BODY"
    [ "$(json next)" != null ] || break
    cursor="&cursor=$(json next)"
  done | sort -u
}

# --- registrations ---

for extension in 1000 1001; do
  redis hset registrations $extension \
    "{\"Event-Subclass\":\"sofia::register\",\"from-user\":\"$extension\",\"vm-password\":\"s3cret\"}" >"$work/redis"
done
redis hset registrations 1002 '{"torn' >"$work/redis"

http GET /registrations/1000
same "one registration is the stored event, without secrets" \
  '200 {"Event-Subclass":"sofia::register","from-user":"1000"}' "$STATUS $BODY"
http GET /registrations/1999
same "an unknown extension: 404" 404 "$STATUS"
http GET /registrations/1002
same "a torn record: 500" 500 "$STATUS"
http GET /registrations
same "the list shows all extensions" '1000 1001 1002' "$(pages '/registrations?limit=500' registrations extension | xargs)"
contains "the torn one as such" '{"extension":"1002","error":"what is stored is not a JSON object"}' "$BODY"
not_ok "and no secret" grep -q s3cret <<<"$BODY"
anonymous GET /registrations
same "without credentials: 401" 401 "$STATUS"
http POST /registrations -d ''
same "it is for reading: 405" 405 "$STATUS"
http GET '/registrations?domain=pbx.test'
same "one hash has all domains" '400 domain' "$STATUS $(json field)"

# --- calls ---

record='{"username":"1000","current":"u-1","notify":"hangup","u-1":{"Caller-Destination-Number":"1001"},"activity":[]}'
redis hset calls 1000 "$record" >"$work/redis"
http GET /calls/1000
same "one record of calls" "200 $record" "$STATUS $BODY"
http GET /calls
same "the list of calls" "{\"calls\":[{\"extension\":\"1000\",\"call\":$record}],\"next\":null}" "$BODY"

# --- channels ---

http GET /channels
same "no domain to look in" '400 domain' "$STATUS $(json field)"
redis hset cti_domain a.test '{}' b.test '{}' >"$work/redis"
redis hset callboard:elements:a.test:channel u-1 '{"uuid":"u-1"}' >"$work/redis"
redis hset callboard:elements:b.test:channel u-2 '{"uuid":"u-2"}' u-3 '{"uuid":"u-3"}' >"$work/redis"
http GET '/channels?domain=a.test'
same "channels of a domain" \
  '{"channels":[{"domain":"a.test","uuid":"u-1","channel":{"uuid":"u-1"}}],"next":null}' "$BODY"
same "of all domains" 'u-1 u-2 u-3' "$(pages '/channels?limit=500' channels uuid | xargs)"
same "a page at a time" 'u-1 u-2 u-3' "$(pages '/channels?limit=1' channels uuid | xargs)"

# --- many ---

seq 10000 12999 | awk '{
  printf "HSET callboard:elements:a.test:channel u-%s \047{\"uuid\":\"u-%s\",\"calling_number\":\"%s\"}\047\n", $1, $1, $1
  printf "HSET calls %s \047{\"username\":\"%s\",\"notify\":\"answer\"}\047\n", $1, $1
}' | redis >"$work/redis"
same "every one of 3,001 calls is on a page" 3001 "$(pages '/calls?limit=500' calls extension | wc -l)"
same "every one of 3,003 channels" 3003 "$(pages '/channels?limit=500' channels uuid | wc -l)"
stop_instance

# --- a hash a domain ---

start_instance '[freeswitch]
registration_hash = phones
registration_per_domain = yes
call_hash ='
redis hset cti_domain a.test '{}' b.test '{}' >"$work/redis"
redis hset phones@a.test 1000 '{"realm":"a.test"}' >"$work/redis"
redis hset phones@b.test 1000 '{"realm":"b.test"}' >"$work/redis"
http GET '/registrations/1000?domain=b.test'
same "the extension of that domain" '200 {"realm":"b.test"}' "$STATUS $BODY"
http GET /registrations/1000
same "which one must be said" '400 domain' "$STATUS $(json field)"
same "all domains" 'a.test b.test' "$(pages '/registrations?limit=500' registrations domain | xargs)"
http GET /calls
same "calls that are not kept: 404" 404 "$STATUS"
