#!/usr/bin/env bash
# Phone calls where clocks are set twice a year, and where a call makes its contact.
. "$(dirname "$0")/../lib.sh"

start_instance '
[phonecalls]
time_zone = Europe/Berlin
contacts = create'

# direct VERB QUERY [ARGUMENT-OF-CURL]...
direct() {
  anonymous GET "/direct/items/phonecalls/$1?token=$CALLBOARD_TOKEN&$2" "${@:3}"
}

# call TIME: records a call at TIME; ID is its id.
call() {
  direct create "initiated=$1&source=1&destination=030-1234567"
  ID=$(json phonecallId)
}

call 2026-10-25T02:30:00
first=$ID
ok "a number that nobody has gets a contact" test "$(json contactId)" = 1
same "of its own name" 0301234567 "$(anonymous GET "/direct/items/contacts/list?token=$CALLBOARD_TOKEN&contactId=1" && json contacts 0 name)"

# --- 2026-10-25: 03:00 is 02:00 ---

call 2026-10-25T00:30:00Z
same "a time shown twice is the first" "$first" "$ID"
call 2026-10-25T02:30:00%2B02:00
same "also when it says so" "$first" "$ID"
call 2026-10-25T01:30:00Z
ok "an hour later, when clocks show the same, is another call" test "$ID" != "$first"
second=$ID
call 2026-10-25T02:30:00%2B01:00
same "which has one id too" "$second" "$ID"
call 2026-10-25T22:59:59Z
call 2026-10-25T23:00:00Z
call 2026-10-24T21:59:59Z
call 2026-10-24T22:00:00Z
direct list "from=2026-10-24&to=2026-10-26"
same "the day of 25 hours, newest first" \
  "2026-10-25T23:59:59+01:00 2026-10-25T02:30:00+01:00 2026-10-25T02:30:00+02:00 2026-10-25T00:00:00+02:00" \
  "$(python3 -c 'import json, sys; print(*(c["initiated"] for c in json.load(sys.stdin)["phonecalls"]))' <<<"$BODY")"
direct delete "from=2026-10-24&to=2026-10-26"
same "is deleted whole" 4 "$(json count)"
direct list "contactId=1"
same "and the days beside it stay" "2026-10-26T00:00:00+01:00 2026-10-24T23:59:59+02:00" \
  "$(python3 -c 'import json, sys; print(*(c["initiated"] for c in json.load(sys.stdin)["phonecalls"]))' <<<"$BODY")"

# --- 2026-03-29: 02:00 is 03:00 ---

call 2026-03-29T02:30:00
first=$ID
call 2026-03-29T03:30:00
same "a time that is skipped is an hour later" "$first" "$ID"
call 2026-03-28T23:00:00Z
call 2026-03-29T21:59:59Z
call 2026-03-29T22:00:00Z
direct delete "from=2026-03-28&to=2026-03-30"
same "the day of 23 hours is deleted whole" 3 "$(json count)"
direct list "from=2026-03-29&to=2026-03-31"
same "and the next one stays" 2026-03-30T00:00:00+02:00 "$(json phonecalls 0 initiated)"

printf '[phonecalls]\ntime_zone = Berlin\n' >"$work/wrong.conf"
not_ok "a zone that does not exist is an error" "$CALLBOARD_BUILD/callboard.fcgi" --check-config --config "$work/wrong.conf"
