#!/usr/bin/env bash
# ./run --demo: the simulated PBX, the feed, the gateway and the wallboard, together.
. "$(dirname "$0")/../lib.sh"
demo=yes
CALLBOARD_DEMO_SEED=7 CALLBOARD_DEMO_SPEED=4
start_instance

demo_people() {
  python3 -B "$root/scripts/demo-pbx" --extensions | wc -l
}

# --- its people are in the directory, once ---

ok "the people of the office go into the directory" demo_load
http GET /directory/callboard.test/extensions/1019
same "the last of them has a name" "Óscar Vidal" "$(json variable effective_caller_id_name)"
same "there are as many of them as phones" 20 "$(demo_people)"
http PATCH /directory/callboard.test/extensions/1019 -H 'Content-Type: application/json' -d '{"variable":{"toll_allow":"local"}}'
demo_load
http GET /directory/callboard.test/extensions/1019
same "what somebody changed since stays" local "$(json variable toll_allow)"

# --- what the feed makes of it ---

channels() {
  [ "$(redis hlen callboard:elements:callboard.test:channel)" -gt 0 ]
}
terminals() {
  [ "$(redis hlen callboard:elements:callboard.test:terminal)" -ge 15 ]
}
ok "its phones are in Redis" eventually 30 terminals
ok "its calls are in Redis" eventually 30 channels
http GET /registrations
same "and over HTTP" 200 "$STATUS"

# --- what a person sees ---

restart_when_asked() {
  while kill -0 "$(process_id "$work/browser.pid")" 2>/dev/null; do
    if [ -e "$work/pictures/restart" ]; then
      server_stop events
      sleep 1
      server_start events && rm "$work/pictures/restart"
    fi
    sleep 0.2
  done
}

mkdir "$work/pictures"
if ! command -v chromium >/dev/null; then
  say "# skipped: the wallboard in a browser, as there is no Chromium"
elif sanitized; then
  say "# skipped: the wallboard in a browser, as a browser beside sanitized servers takes too long"
else
  password=$("$CALLBOARD_BUILD/callboard-passwd" "$dir/demo/htpasswd" add 1016@callboard.test)
  background browser node "$root/tests/wallboard/office.mjs" "$(demo_wallboard)" "$work/pictures" "$CALLBOARD_REDIS" \
    "$CALLBOARD_HTTP_URL/wallboard/#1016@callboard.test:$password"
  restart_when_asked
  failures=$((failures + $(grep -c '^not ok ' "$work/browser.log")))
  grep -q '^\(not \)\?ok - the browser has nothing' "$work/browser.log" || fail "the test of the page gets to its end"
  cat "$work/browser.log"

  audit=$(grep -h ' command .*wallboard@callboard.test ' "$dir/log/events.log")
  for command in hangup park transfer eavesdrop; do
    contains "$command is in the audit log" "command $command of wallboard@callboard.test from 127.0.0.1" "$audit"
  done
  records() {
    http POST /direct/items/phonecalls/list -d "token=$CALLBOARD_TOKEN&from=$(date -ud '2 days ago' +%F)&to=$(date -ud '2 days' +%F)"
    [ "$(grep -c phonecallId <<<"$BODY")" -gt 2 ]
  }
  ok "its calls are recorded" eventually 10 records
fi
ok "the simulated PBX has nothing to complain of" test -z "$(grep -v '^demo-pbx listens' "$dir/log/demo.log")"
