# lib.sh - what the integration tests, tests/integration/NN-name.sh, are written with. Such a test begins
#
#   . "$(dirname "$0")/../lib.sh"
#
# and goes on, without any exit or cleaning up of its own, with these:
#
#   start_instance [SETTINGS]   Redis, pool and nginx of its own, on free ports; demo=yes in front: with the simulated PBX of
#                               ./run --demo; SETTINGS, in the form of
#                               callboard.conf, are laid over the standard ones. Sets CALLBOARD_URL and
#                               all else that is in the instance's env file; see scripts/instance.sh too:
#                               $home, $dir, $pool_socket, server_stop redis, server_id pool, ...
#   restart_instance            stops and starts it, keeping its data
#   stop_instance               ends the last one started, or chosen; at the test's end all go by themselves
#   use_instance HOME           chooses among several: remember $home of each
#
#   http METHOD PATH [ARGUMENT-OF-CURL]...   a call as the demo's user over TLS: sets STATUS, BODY and HEADERS, a
#                               file; header NAME prints one of them, json KEY... a member of BODY
#   anonymous METHOD PATH ...   the same without credentials; PATH may be a whole URL for both
#   redis COMMAND...            redis-cli on the instance's Redis
#   background NAME COMMAND...  starts a process of the test's own, logging to $work/NAME.log; it ends with the test
#   sanitized                   succeeds when the programs are built with sanitizers: slower and larger than real ones
#   at_end COMMAND...           is run when the test ends, however it ends
#
#   ok WHAT COMMAND...          passes when COMMAND succeeds; not_ok, when it fails
#   same WHAT EXPECTED ACTUAL   passes when the two texts are the same
#   contains WHAT PART WHOLE    passes when PART is in WHOLE
#   eventually SECONDS COMMAND...   succeeds as soon as COMMAND does; fails when it did not in that time
#
# The programs are those in the build tree CALLBOARD_BUILD. When it is built with sanitizers, a report in any log
# below $work fails the test at its end.
set -u

test_build=${CALLBOARD_BUILD:-}
unset "${!CALLBOARD_@}"
for part in common process instance demo; do
  . "$(dirname "${BASH_SOURCE[0]}")/../scripts/$part.sh"
done
export CALLBOARD_BUILD=${test_build:-$root/build}

work=$(mktemp -d "${TMPDIR:-/tmp}/callboard-test-XXXXXX") && chmod 755 "$work" || exit
export ASAN_OPTIONS=detect_stack_use_after_return=1 UBSAN_OPTIONS=print_stacktrace=1

failures=0
instances=()  # "HOME PORT HTTP_PORT" of each
at_the_end=() # commands

# --- checks ---------------------------------------------------------------------------------------------

pass() {
  say "ok - $1"
}

# fail WHAT [DETAIL]
fail() {
  failures=$((failures + 1))
  say "not ok - $1"
  [ -z "${2-}" ] || sed 's/^/#   /' <<<"$2"
}

ok() {
  local what=$1 output
  shift
  if output=$("$@" 2>&1); then pass "$what"; else fail "$what" "failed: $*"$'\n'"$output"; fi
}

not_ok() {
  local what=$1 output
  shift
  if output=$("$@" 2>&1); then fail "$what" "succeeded: $*"$'\n'"$output"; else pass "$what"; fi
}

same() {
  if [ "$2" = "$3" ]; then pass "$1"; else fail "$1" "expected: $2"$'\n'"actual:   $3"; fi
}

contains() {
  case $3 in
    *"$2"*) pass "$1" ;;
    *) fail "$1" "expected: $2"$'\n'"in:       $3" ;;
  esac
}

eventually() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    [ $SECONDS -lt $deadline ] || return
    sleep 0.1
  done
}

# --- instances ------------------------------------------------------------------------------------------

start_instance() {
  local place=$work/instance-$((${#instances[@]} + 1))
  free_ports
  mkdir "$place" && chgrp "$service_group" "$place" && chmod 0750 "$place" || exit
  [ -z "${1-}" ] || say "$1" >"$place/settings.conf"
  instances+=("$place $free_port $free_http_port")
  use_instance "$place"
  instance_start_or_exit
}

restart_instance() {
  instance_stop
  instance_start_or_exit
}

stop_instance() {
  instance_stop
}

use_instance() {
  local instance place ports
  for instance in "${instances[@]}"; do
    read -r place ports <<<"$instance"
    [ "$place" = "$1" ] || continue
    # shellcheck disable=SC2086 # the two ports
    instance_at "$place" $ports "$CALLBOARD_BUILD"
    [ ! -e "$home/env" ] || . "$home/env"
    return
  done
}

instance_start_or_exit() {
  if ! instance_start >"$work/start" 2>&1; then
    fail "the instance starts" "$(<"$work/start")"
    exit 1
  fi
  . "$home/env"
}

# Two ports that nobody listens on, below those that the kernel hands out by itself. Tests that run side by side have
# 5,000 each, from CALLBOARD_TEST_PORTS on, so that none takes what another is about to.
free_ports() {
  local first=${CALLBOARD_TEST_PORTS:-20000}
  free_port=$((first + RANDOM % 4999))
  while port_taken $free_port || port_taken $((free_port + 1)); do
    free_port=$((first + RANDOM % 4999))
  done
  free_http_port=$((free_port + 1))
}

# --- calls ----------------------------------------------------------------------------------------------

http() {
  anonymous "$1" "$2" --user "$CALLBOARD_USER:$CALLBOARD_PASSWORD" "${@:3}"
}

anonymous() {
  local method=(-X "$1") url=$2
  [ "$1" != HEAD ] || method=(--head)
  [ "${url#/}" = "$url" ] || url=$CALLBOARD_URL$url
  HEADERS=$work/headers
  : >"$HEADERS"
  : >"$work/body"
  STATUS=$(curl -sS --max-time 30 --cacert "$CALLBOARD_CA" -D "$HEADERS" -o "$work/body" -w '%{http_code}' \
    "${method[@]}" "${@:3}" "$url" 2>"$work/curl")
  [ "$STATUS" != 000 ] || sed 's/^/# /' "$work/curl"
  BODY=$(tr -d '\0' <"$work/body")
}

# header NAME: its value in the last answer.
header() {
  sed -n "s/^$1: *//Ip" "$HEADERS" | tr -d '\r'
}

# json KEY...: the member of the last answer's BODY that the keys lead to: a text as it is, else as JSON;
# nothing when there is none.
json() {
  python3 -c '
import json, sys
try:
    value = json.load(sys.stdin)
    for key in sys.argv[1:]:
        value = value[int(key) if isinstance(value, list) else key]
except (ValueError, LookupError, TypeError):
    sys.exit(1)
print(value if isinstance(value, str) else json.dumps(value))' "$@" <<<"$BODY"
}

redis() {
  redis-cli -s "$CALLBOARD_REDIS" "$@"
}

# background NAME COMMAND...: its id is then in $work/NAME.pid, for process_stop and process_id.
background() {
  process_start "$work/$1.pid" "$work/$1.log" "${@:2}"
}

sanitized() {
  grep -q -- '--enable-sanitizers' "$CALLBOARD_BUILD/config.log"
}

at_end() {
  at_the_end+=("$*")
}

# --- the end --------------------------------------------------------------------------------------------

clean_up() {
  local status=$? command file instance place
  trap '' INT TERM HUP
  for command in "${at_the_end[@]}"; do
    $command
  done
  for file in "$work"/*.pid; do
    [ ! -e "$file" ] || process_stop "$file" TERM
  done
  for instance in "${instances[@]}"; do
    read -r place _ <<<"$instance"
    use_instance "$place"
    instance_stop
  done
  sanitizers_silent
  [ $failures -eq 0 ] || show_logs
  for place in "$work"/*/live "$work"/*/*/live; do
    [ ! -L "$place" ] || rm -rf --one-file-system "$(readlink -f "$place")"
  done
  rm -rf --one-file-system "$work"
  [ $failures -eq 0 ] || status=1
  exit $status
}

# The logs of pools, of nginx and of background processes; also of instances that had to be elsewhere.
logs() {
  find -L "$work" -type f -name '*.log' ! -name access.log ! -name openssl.log ! -name redis.log -size +0
}

sanitizers_silent() {
  local report='ERROR: [A-Za-z]*Sanitizer|: runtime error: ' file
  while read -r file; do
    ! grep -qE "$report" "$file" || fail "no report of a sanitizer" "$(grep -E -m 1 -A 40 "$report" "$file")"
  done < <(logs)
}

show_logs() {
  local file
  while read -r file; do
    say "# ${file#"$work"/}:"
    tail -n 15 "$file" | cut -c 1-300 | sed 's/^/#   /'
  done < <(logs)
}

trap clean_up EXIT
trap 'exit 1' INT TERM HUP
