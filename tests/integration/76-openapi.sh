# 76-openapi.sh - doc/openapi.yaml: all routes are in it and no other, and real answers, good and bad, are as it says.
. "$(dirname "$0")/../lib.sh"

document=$root/doc/openapi.yaml
python=/usr/bin/python3 # Debian's, which has the modules

described() {
  "$python" "$root/tests/openapi.py" "$document" "$@"
}

routes_described() {
  { "$CALLBOARD_BUILD/callboard.fcgi" --routes && "$CALLBOARD_BUILD/callboard-events" --routes; } | described routes
}

ok "the routes are those of the document" routes_described

start_instance "[bench]
noop = yes

[events]
commands = yes
command_seconds = 1"

# answered STATUS METHOD PATH [ARGUMENT-OF-CURL]...: PATH may have a query.
answered() {
  http "$2" "$3" "${@:4}"
  if [ "$STATUS" != "$1" ]; then
    fail "$2 ${3%%token=*} is answered $1" "$STATUS $BODY"
    return
  fi
  ok "$2 ${3%%token=*}: $1 as described" described_answer "$2" "$3"
}

described_answer() {
  described answer "$1" "$2" "$STATUS" "$(header Content-Type)" <"$work/body"
}

json=(-H 'Content-Type: application/json' -d)

answered 201 POST /cticache/DNIS-ANI "${json[@]}" '{"value":{"a":1},"ani":"1234567890"}'
entry=/cticache/DNIS-ANI/$(json dnis):1234567890
answered 200 GET "$entry"
answered 304 GET "$entry" -H "If-None-Match: $(header ETag)"
answered 200 PUT "$entry" "${json[@]}" '{"value":"12345678"}'
answered 200 DELETE "$entry"
answered 404 DELETE "$entry"
answered 400 POST /cticache/DNIS-ANI "${json[@]}" '{"value":1}'

direct=/direct/items
token=token=$CALLBOARD_TOKEN
answered 200 GET "$direct/contacts/create?name=Ada&phone=02122853348&$token"
contact=$(json contactId)
answered 200 GET "$direct/contacts/update?contactId=$contact&name=Eva&$token"
answered 200 GET "$direct/contacts/list?$token"
answered 200 GET "$direct/contacts/list?format=csv&$token"
answered 200 POST "$direct/contacts/import?$token" "${json[@]}" '[{"name":"Bob","phones":["02129876543"]},{"name":""}]'
answered 200 POST "$direct/phonecalls/create" -d "initiated=2012-08-23T12:20:33&source=7222&destination=02122853348&$token"
answered 200 GET "$direct/phonecalls/create?source=7222&$token"
answered 200 GET "$direct/phonecalls/list?contactId=$contact&$token"
answered 200 GET "$direct/phonecalls/delete?from=2012-08-22&to=2012-08-24&$token"
answered 200 GET "$direct/contacts/delete?contactId=$contact&$token"
answered 403 GET "$direct/contacts/list?token=no"

domain=/directory/pbx.example.com
answered 201 PUT "$domain" "${json[@]}" '{"variable":{"a":"b"}}'
answered 201 PUT "$domain/extensions/1000" "${json[@]}" '{"param":{"password":"s3cret"}}'
answered 200 PATCH "$domain/extensions/1000" "${json[@]}" '{"variable":{"toll_allow":"local"}}'
answered 200 GET "$domain/extensions/1000"
answered 304 GET "$domain/extensions/1000" -H "If-None-Match: $(header ETag)"
answered 200 PUT "$domain/extensions" -H 'Content-Type: application/x-ndjson' -d '{"name":"1001","param":{}}'
answered 200 GET "$domain/extensions"
answered 400 PUT "$domain/extensions/1000" "${json[@]}" '{"param":1}'
answered 201 PUT "$domain/groups/sales" "${json[@]}" '{"members":["1000"]}'
answered 200 GET "$domain/groups"
answered 204 DELETE "$domain/groups/sales"
answered 404 GET "$domain/groups/sales"
answered 200 GET "$domain"
answered 200 POST /directory -d 'section=directory&user=1000&domain=pbx.example.com'

answered 200 POST /notifications/agent/1002 "${json[@]}" '{"type":"status","payload":{"status":"available"}}'
answered 200 POST /notifications/campaigns "${json[@]}" '[{"type":"cdr","payload":{"call_ref":"1"}}]'
answered 200 GET /notifications/campaigns
answered 200 DELETE "/notifications/campaigns/$(json packets 0 id)"
answered 404 DELETE /notifications/campaigns/1-1
answered 400 POST /notifications/campaigns "${json[@]}" '{}'

redis HSET registrations 1000 '{"a":"b"}' >/dev/null
redis HSET calls 1000 '{"username":"1000"}' >/dev/null
for kind in registrations calls; do
  answered 200 GET "/$kind"
  answered 200 GET "/$kind/1000"
  answered 404 GET "/$kind/2000"
done
answered 200 GET /channels

answered 200 GET /status
answered 200 GET /metrics

# The event stream, with the domain's credential.
domain_token=$CALLBOARD_DOMAIN:$CALLBOARD_DOMAIN_TOKEN

events_answered() {
  anonymous GET "$2" "${@:3}"
  same "GET $2 is answered $1" "$1" "$STATUS"
  ok "GET $2: $1 as described" described_answer GET "$2"
}

# Node's ws hears what stands, three changes, and the answer to a command; without its own first and last line.
stream_messages() {
  timeout 40 node "$root/tests/events_client.js" "wss${CALLBOARD_URL#https}/events?$1" "$domain_token" "${@:2}" |
    grep '"seq"' | described schema stream_message
}

change() {
  redis HSET "callboard:elements:$CALLBOARD_DOMAIN:channel" u1 "$2" >/dev/null
  redis XADD "callboard:events:$CALLBOARD_DOMAIN" '*' element channel id u1 event "$1" data "$2"
}

first=$(change added '{"uuid":"u1","user_id":"ada","server":"pbx1"}')
ok "messages: what stands, and the answer to a command" stream_messages "" send '{"cmd":"hangup","uuid":"u1"}'
change updated '{"uuid":"u1","user_id":"ada","server":"pbx1","called_number":"1"}' >/dev/null
change removed '{"uuid":"u1","user_id":"ada"}' >/dev/null
ok "messages: what was missed" stream_messages "since=$first" until '"event":"removed"'
commands() {
  say '{"cmd":"park","uuid":"u1","timeout":30}
{"cmd":"hangup","uuid":"u1"}
{"cmd":"transfer","uuid":"u1","user_id":"1","user_name":"Ada","destination":"1001"}
{"cmd":"eavesdrop","uuid":"u1","target_uuid":"u2","subcommand":"listen"}'
}
ok "commands, as Basix clients send them" described schema command < <(commands)
not_ok "and no others" described schema command <<<'{"cmd":"reboot","uuid":"u1"}'
anonymous GET "/events?element=server" --user "$domain_token" --max-time 2
same "server-sent events: their type" "text/event-stream; charset=utf-8" "$(header Content-Type)"
ok "as described" described_answer GET /events
ok "and what is in them" described schema stream_message < <(sed -n 's/^data: //p' "$work/body")
events_answered 200 /events/connections --user "$domain_token"
events_answered 401 /events
events_answered 400 "/events?element=none" --user "$domain_token"
events_answered 426 /basix/api/ws_cti --user "$domain_token"
