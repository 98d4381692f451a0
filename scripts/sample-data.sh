#!/usr/bin/env bash
# sample-data.sh ENV - loads sample data into the running instance that the file ENV tells of.
# ./run calls it at each start: what stays in Redis must be such that loading it again changes nothing.
set -euo pipefail
. "$1"

# api METHOD PATH [ARGUMENT-OF-CURL]...: a call as the demo's user. Says why when it is refused.
api() {
  curl -sS --fail-with-body --max-time 10 -o "$answer" --cacert "$CALLBOARD_CA" \
    -u "$CALLBOARD_USER:$CALLBOARD_PASSWORD" -X "$1" "$CALLBOARD_URL$2" "${@:3}" ||
    { cat "$answer" >&2 && false; }
}

# A call that is being transferred; it is forgotten after a few minutes.
cticache() {
  api POST /cticache/DNIS-ANI -H 'Content-Type: application/json' \
    -d '{"ani":"5557654321","value":{"name":"Ada Example","customer":"12345678"}}'
}

# Whom calls may be recorded for. Numbers that are theirs already stay theirs.
contacts() {
  curl -sS --fail-with-body --max-time 10 -o "$answer" --cacert "$CALLBOARD_CA" -H 'Content-Type: text/csv' \
    --data-binary @- --url-query token@<(printf %s "$CALLBOARD_TOKEN") \
    "$CALLBOARD_URL/direct/items/contacts/import" <<END || { cat "$answer" >&2 && false; }
name,phones
Ada Example,02122853348;04141234567
Example Trading,02129876543
Charles Sample,5557654321
END
}

# Phones for a FreeSWITCH to register: 1000-1009, with aliases 2000-2009 and passwords such as 1000-callboard.
# Once: what somebody has made of them since stays.
directory() {
  local name
  ! api GET /directory/callboard.test/extensions/1000 2>/dev/null || return 0
  for name in 1000 1001 1002 1003 1004 1005 1006 1007 1008 1009; do
    cat <<END
{"name":"$name","param":{"password":"$name-callboard","vm-password":"$name"},"variable":{"user_context":"default","effective_caller_id_name":"Extension $name","effective_caller_id_number":"$name"},"attribute":{"number-alias":"2${name#1}"}}
END
  done | api PUT /directory/callboard.test/extensions -H 'Content-Type: application/x-ndjson' --data-binary @-
  api PUT /directory/callboard.test/groups/sales -H 'Content-Type: application/json' \
    -d '{"members":["1000","1001","1002"]}'
}

answer=$(mktemp)
trap 'rm -f "$answer"' EXIT
cticache
contacts
directory
