# live.sh - what the tests of the live state are written with; sourced behind lib.sh.
#
#   pbx_start NAME [PASSWORD]         starts a FreeSWITCH's event socket (tests/event_socket.py); what it is asked is in $work/NAME.asked
#   pbx_section NAME [OF]             its section of the configuration, with its password, or that of OF
#   pbx NAME REQUEST...               has it do something; its answer is in $work/told
#   feed_up                           every PBX is heard, says callboard-freeswitch --status
#   redis_has HASH FIELD, redis_has_not HASH FIELD
#   keys_of HASH                      its fields, sorted, on a line
#   is_registered EXTENSIONS          these are, and nobody else
#   elements KIND, has_elements KIND N   how many there are in $domain
#   call EXTENSION, call_is EXTENSION TEXT   user, notify and number of calls that are up, of its record in `calls`
#   packets_are N                     records of calls in the list
#   state                             all that registrations, calls and elements are, but for the element `server`

pbx_start() {
  say "${2-ClueCon}" >"$work/$1.password" && chmod 644 "$work/$1.password"
  background "$1" python3 "$root/tests/event_socket.py" serve "$work/$1.ready" "$work/$1.asked" 0 "${2-ClueCon}"
  eventually 10 test -s "$work/$1.ready" || fail "the event socket of $1 starts"
}

pbx_section() {
  say "[freeswitch.server.$1]
port = $(cut -d ' ' -f 1 "$work/$1.ready")
password_file = $work/${2-$1}.password"
}

pbx() {
  python3 "$root/tests/event_socket.py" tell "$(cut -d ' ' -f 2 "$work/$1.ready")" "${@:2}" >"$work/told" && return
  fail "$1 does: ${*:2}" "$(<"$work/told")"
  return 1
}

feed_up() {
  "$CALLBOARD_BUILD/callboard-freeswitch" --config "$dir/callboard.conf" --status
}

feed_not_up() {
  ! feed_up
}

redis_has() {
  [ "$(redis hexists "$1" "$2")" = 1 ]
}

redis_has_not() {
  [ "$(redis hexists "$1" "$2")" = 0 ]
}

keys_of() {
  redis hkeys "$1" | sort | paste -sd ' '
}

is_registered() {
  [ "$(keys_of registrations)" = "$1" ]
}

elements() {
  redis hlen "callboard:elements:$domain:$1"
}

has_elements() {
  [ "$(elements "$1")" = "$2" ]
}

call() {
  redis hget calls "$1" | python3 -c '
import json, sys
record = json.load(sys.stdin)
print(record["username"], record["notify"], len(record["activity"]))'
}

call_is() {
  [ "$(call "$1" 2>&1)" = "$2" ]
}

packets_are() {
  [ "$(redis llen enigma:notifications:campaigns)" = "$1" ]
}

state() {
  python3 - "$CALLBOARD_REDIS" <<'END'
import subprocess, sys
def redis(*words):
    return subprocess.run(["redis-cli", "-s", sys.argv[1], "--raw", *words], capture_output=True, text=True).stdout
for key in sorted(redis("keys", "*").split()):
    if key.startswith(("registrations", "calls", "callboard:elements:")) and not key.endswith(":server"):
        fields = redis("hgetall", key).split("\n")[:-1]
        for name, value in sorted(zip(fields[::2], fields[1::2])):
            print(key, name, value)
END
}
