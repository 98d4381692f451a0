# events.sh - what the tests of the event stream are written with; sourced behind lib.sh.
#
#   events_start SETTINGS       an instance with these lines in [events], users ada and boss, who is an administrator, commands, and
#                               an audit log, $work/audit/log. Sets $ws, $basix, $domain and the credentials $token, $ada, $boss
#   client URL CREDENTIAL ...   tests/events_client.js; "${program[@]}" is the same for `background`
#   raw CREDENTIAL ...          tests/events_raw.py, past nginx; "${raw_program[@]}" is the same for `background`
#   set_element ELEMENT ID EVENT JSON   changes an element, as who writes elements does
#   set_users FROM TO JSON      users of these numbers, in what stands; %d in JSON is the number
#   messages FILE FILTER        the lines of $work/FILE for which the Python expression FILTER, on m, is true
#   has FILE TEXT               succeeds when TEXT is in $work/FILE
#   logged TEXT                 the same of the gateway's log

program=(timeout 40 node "$root/tests/events_client.js")
raw_program=(timeout 40 python3 "$root/tests/events_raw.py")

events_start() {
  local user
  for user in ada boss; do
    "$CALLBOARD_BUILD/callboard-passwd" "$work/users" add $user@callboard.test >"$work/$user" || exit
  done
  mkdir "$work/audit" && chmod 777 "$work/audit" && chmod 644 "$work/users" || exit
  start_instance "[events]
htpasswd = $work/users
administrators = boss@callboard.test
commands = yes
command_seconds = 1
audit_log = $work/audit/log
$1"
  ws=wss://127.0.0.1:${CALLBOARD_URL##*:}
  basix=$ws/basix/api/ws_cti
  domain=$CALLBOARD_DOMAIN
  token=$domain:$CALLBOARD_DOMAIN_TOKEN
  ada=ada@$domain:$(<"$work/ada")
  boss=boss@$domain:$(<"$work/boss")
}

client() {
  "${program[@]}" "$@"
}

raw() {
  "${raw_program[@]}" "$events_socket" "$@"
}

set_element() {
  local change=(HSET "callboard:elements:$domain:$1" "$2" "$4")
  [ "$3" != removed ] || change=(HDEL "callboard:elements:$domain:$1" "$2")
  { say MULTI && quoted_words "${change[@]}" &&
    quoted_words XADD "callboard:events:$domain" '*' element "$1" id "$2" event "$3" data "$4" && say EXEC; } |
    redis >/dev/null
}

quoted_words() {
  local word
  for word; do printf "'%s' " "${word//\'/\\\'}"; done
  say
}

set_users() {
  python3 -c '
import sys
for i in range(int(sys.argv[2]), int(sys.argv[3])):
    print("HSET callboard:elements:%s:user %d '"'%s'"'" % (sys.argv[1], i, sys.argv[4].replace("%d", str(i))))' "$domain" "$@" |
    redis >/dev/null
}

messages() {
  python3 -c '
import json, sys
for line in open(sys.argv[1]):
    m = json.loads(line)
    if eval(sys.argv[2]):
        print(json.dumps(m, ensure_ascii=False, separators=(",", ":")))' "$work/$1" "$2"
}

has() {
  grep -qF -- "$2" "$work/$1"
}

logged() {
  grep -qF -- "$1" "$dir/log/events.log"
}
