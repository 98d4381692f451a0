# scenario.sh - what the clients of every resource do and see, against a base URL: the same behind every web server.
# Sourced by a test behind lib.sh; wants the configuration below, an empty Redis, the demo's user and token.
#
#   scenario_run BASE FILE   acts as all clients, checks what the contracts say, and writes all answers to FILE, but for
#                            what differs from one web server to the next or from one second to the next

scenario_settings='
[callboard]
auth = htpasswd
[cdr]
calls = yes
[phonecalls]
contacts = create
[cticache.pool.default]
numbers = 5551234560'

# A web server's own affairs.
scenario_own='Date|Server|Connection|Keep-Alive|Transfer-Encoding|Vary|Upgrade'

scenario_run() {
  local base=$1 serial=0
  scenario_file=$2
  : >"$scenario_file"
  scenario_cticache
  scenario_phonecalls
  scenario_contacts
  scenario_directory
  scenario_notifications
  scenario_cdr
  scenario_status
  scenario_errors
}

# as_user METHOD PATH [ARGUMENT-OF-CURL]..., as_nobody: a call, whose answer goes to the file.
as_user() {
  as_nobody "$@" --user "$CALLBOARD_USER:$CALLBOARD_PASSWORD"
}

as_nobody() {
  serial=$((serial + 1))
  anonymous "$1" "$base$2" -H "X-Request-Id: scenario-$serial" "${@:3}"
  {
    say "--- $serial: $1 ${2%%\?*}"
    # What stands in front of the last answer's status line was a 100 Continue.
    tr -d '\r' <"$HEADERS" | awk '/^HTTP\// { head = $2; next } $0 != "" { head = head "\n" $0 } END { print head }' |
      grep -viE "^($scenario_own):" | sort -f
    [ "$1" = HEAD ] || cat "$work/body"
    say
  } >>"$scenario_file"
}

# answers WHAT STATUS [BODY]: what the last call was answered.
answers() {
  if [ $# = 2 ]; then same "$1" "$2" "$STATUS"; else same "$1" "$2 $3" "$STATUS $BODY"; fi
}

scenario_cticache() {
  local entry=/cticache/DNIS-ANI/5551234560:1234567890 json='Content-Type: application/json'
  as_user POST /cticache/DNIS-ANI -H "$json" -d '{"value" : "12345678", "ani" : "1234567890"}'
  answers "cticache: POST" 201 '{"dnis":"5551234560","ani":"1234567890","value":"12345678"}'
  same "its Location" $entry "$(header Location)"
  same "its type" "application/json; charset=utf-8" "$(header Content-Type)"
  as_user GET $entry
  answers "GET" 200 '{"value":"12345678"}'
  local tag
  tag=$(header ETag)
  as_user GET $entry -H "If-None-Match: $tag"
  answers "GET of what is known" 304 ""
  as_user GET /cticache/DNIS%2dANI/5551234560%3A1234567890
  answers "GET, percent-encoded" 200 '{"value":"12345678"}'
  as_user HEAD $entry
  same "HEAD has the length of GET" "200 20" "$STATUS $(header Content-Length)"
  as_user PUT $entry -H "$json" -d '{"value":"2"}'
  answers "PUT" 200 '{"value":"2"}'
  as_user DELETE $entry
  answers "DELETE fetches and removes" 200 '{"value":"2"}'
  as_user GET $entry
  answers "gone" 404
  as_user POST /cticache/DNIS-ANI -H "$json" -H 'Transfer-Encoding: chunked' -d '{"ani":"+1234567891","value":{"a":[1,"é"]}}'
  answers "POST, chunked" 201 '{"dnis":"5551234560","ani":"+1234567891","value":{"a":[1,"é"]}}'
  as_user GET /cticache/DNIS-ANI/5551234560:+1234567891
  answers "a + is a +" 200 '{"value":{"a":[1,"é"]}}'
  as_user POST /cticache/DNIS-ANI -H "$json" -H 'Expect: 100-continue' -d '{"ani":"1234567892","value":1}'
  answers "POST, 100-continue" 201
}

# The clients here are scripts, with wget or curl.
scenario_phonecalls() {
  local at="/direct/items/phonecalls" query
  query="token=$CALLBOARD_TOKEN&initiated=2012-08-23T12:20:33&source=7222&destination=02122853348&duration=45"
  same "phonecalls: wget -qO- creates" '{ "error": false, "contactId": 1, "phonecallId": 1 }' \
    "$(wget --no-check-certificate -qO- "$base$at/create?$query")"
  as_nobody GET "$at/create?$query"
  answers "once" 200 '{ "error": false, "contactId": 1, "phonecallId": 1 }'
  as_nobody POST $at/create -d "token=$CALLBOARD_TOKEN" -d initiated=2012-08-24T01:02:03Z -d source=7222 -d destination=02129999999
  answers "curl -d creates" 200 '{ "error": false, "contactId": 2, "phonecallId": 2 }'
  as_nobody GET "$at/create?token=$CALLBOARD_TOKEN&initiated=2012-08-23T12:20:33&source=7222&url=http%3A%2F%2Fx%2F%3Fa%26b"
  contains "no destination" '"error": true' "$BODY"
  as_nobody GET "$at/list?token=$CALLBOARD_TOKEN&from=2012-08-22&to=2012-08-25"
  contains "list" 02129999999 "$BODY"
  same "wget -qO- deletes" '{ "count" : 2, "error" : false }' \
    "$(wget --no-check-certificate -qO- "$base$at/delete?token=$CALLBOARD_TOKEN&from=2012-08-22&to=2012-08-25")"
  as_nobody GET "$at/create?token=wrong"
  answers "a wrong token" 403
}

scenario_contacts() {
  local at=/direct/items/contacts token=token=$CALLBOARD_TOKEN
  as_nobody GET "$at/create?$token&name=Ada+Example&phone=0212-285-0000&phone=%2B58+414"
  answers "contacts: create" 200 '{ "error": false, "contactId": 3 }'
  as_nobody GET "$at/update?$token&contactId=3&name=Zo%C3%AB"
  answers "update" 200
  as_nobody POST "$at/import?$token" -H 'Content-Type: text/csv' --data-binary $'name,phones\nÜnal,0212111;0212112\n'
  same "import" "200 1" "$STATUS $(json added)"
  python3 -c 'for i in range(20000): print("{\"name\":\"Contact %d\",\"phones\":[\"0414%07d\"]}" % (i, i), end="," if i < 19999 else "]")' |
    sed '1s/^/[/' >"$work/import"
  as_nobody POST "$at/import?$token" -H 'Content-Type: application/json' --data-binary "@$work/import"
  same "import of a megabyte" "200 20000" "$STATUS $(json added)"
  as_nobody GET "$at/list?$token&contactId=3"
  contains "list" Zoë "$BODY"
  as_nobody GET "$at/delete?$token&contactId=3"
  answers "delete" 200 '{ "count" : 1, "error" : false }'
}

scenario_directory() {
  local at=/directory/pbx.example.com name fixture
  as_user PUT $at/extensions/1000 -H 'Content-Type: application/json' \
    -d '{"param":{"password":"123"},"attribute":{"number-alias":"2000"}}'
  answers "directory: PUT of an extension" 201
  as_user PATCH $at/extensions/1000 -H 'Content-Type: application/json' -d '{"variable":{"toll_allow":"local"}}'
  answers "PATCH" 200
  as_user GET $at/extensions
  contains "list" '"1000"' "$BODY"
  as_user PUT "$at/extensions/Zo%C3%AB%20%3C%26" -H 'Content-Type: application/json' -d '{"param":{"password":"x"}}'
  answers "PUT of an odd name" 201
  as_user GET "$at/extensions/Zo%C3%AB%20%3C%26"
  answers "GET of it" 200
  for name in register-sip_auth register-sip_auth-unknown-user invite-user_call user_exists-number-alias; do
    fixture=$root/tests/fixtures/freeswitch/xml_curl/$name.request
    sed '1,/^\r$/d' "$fixture" >"$work/asked"
    as_user POST /directory -H 'User-Agent: freeswitch-xml/1.0' --data-binary "@$work/asked"
    same "FreeSWITCH asks: $name" "200 text/xml; charset=utf-8" "$STATUS $(header Content-Type)"
    [ $name != register-sip_auth ] || contains "and is told" '<user id="1000" number-alias="2000">' "$BODY"
  done
  as_user DELETE $at/extensions/1000
  answers "DELETE" 204 ""
}

scenario_notifications() {
  local json='Content-Type: application/json'
  as_user POST /notifications/agents/1002 -H "$json" -d '{"type":"status","payload":{"ref":"1002","status":"busy"}}'
  answers "notifications: news" 200 '{"published":0}'
  as_user POST /notifications/campaigns -H "$json" -d '{"type":"cdr","payload":{"ref":"1"}}'
  answers "critical" 200 '{"queued":1}'
  as_user GET "/notifications/campaigns?lease=60"
  contains "a consumer takes it" '"ref":"1"' "$BODY"
  sed -i -E 's/[0-9]{13}-[0-9]{8}/ID/g' "$scenario_file"
  local id
  id=$(grep -oE -m 1 '[0-9]{13}-[0-9]{8}' <<<"$BODY")
  as_user DELETE "/notifications/campaigns/$id"
  answers "and confirms it" 200
  sed -i "s/${id:-none}/ID/g" "$scenario_file"
}

scenario_cdr() {
  local fixture=$root/tests/fixtures/freeswitch/json_cdr/answered-a-leg.request
  sed '1,/^\r$/d' "$fixture" >"$work/record"
  as_user POST /cdr/freeswitch -H 'User-Agent: freeswitch-json/1.0' --data-binary "@$work/record" \
    -H "$(sed -n 's/\r$//; s/^Content-Type: /&/Ip' "$fixture" | head -n 1)"
  answers "cdr: mod_json_cdr's record" 200
  same "is in the list" 1 "$(scenario_redis llen enigma:notifications:campaigns)"
  as_user POST /cdr/freeswitch -H 'Content-Type: application/json' -d '{"no":"call"}'
  answers "what is no record" 400
}

# Figures differ, and a CGI program has none but its own: of these answers only the form is compared.
scenario_status() {
  as_user GET /status
  same "status" "200 up" "$STATUS $(json redis)"
  as_user GET /metrics
  contains "metrics" "callboard_" "$BODY"
  awk '/^--- / { figures = /(status|metrics)$/ } !figures || /^---/' "$scenario_file" >"$scenario_file.new" &&
    mv "$scenario_file.new" "$scenario_file"
}

scenario_errors() {
  as_nobody GET /cticache/DNIS-ANI/1:1
  answers "no credentials" 401
  same "asks for them" 'Basic realm="callboard", charset="UTF-8"' "$(header WWW-Authenticate)"
  as_nobody GET /status --user "$CALLBOARD_USER:wrong"
  answers "a wrong password" 401
  as_nobody GET /cticache/DNIS-ANI/1:1 -H 'Remote-User: demo' -H 'Remote_User: demo'
  answers "a header is no user" 401
  as_user GET /cticache/nothing
  answers "no such path" 404
  as_user DELETE /status
  answers "no such method" 405
  same "Allow" "GET, HEAD, OPTIONS" "$(header Allow)"
  as_user POST /cticache/DNIS-ANI -H 'Content-Type: text/plain' -d x
  answers "not this type" 415
  head -c 500000 /dev/zero | tr '\0' 1 >"$work/large"
  as_user POST /cticache/DNIS-ANI -H 'Content-Type: application/json' --data-binary "@$work/large"
  answers "too large" 413
  as_user POST /cticache/DNIS-ANI -H 'Content-Type: application/json' -d '{"ani":'
  answers "no JSON" 400
  as_user GET '/cticache/DNIS-ANI/5551234560:1234567890/../../../status' --path-as-is
  answers "a path with .. in it is what it leads to, or nothing" "$([ "$STATUS" = 400 ] && say 400 || say 200)"
  sed -i '/^--- .*\.\.\//,$d' "$scenario_file"
}
