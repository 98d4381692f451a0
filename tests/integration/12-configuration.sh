#!/usr/bin/env bash
# 12-configuration.sh - what a configuration may say: what is wrong is named by file and line, by each program; the environment;
# a new configuration while the servers run.
. "$(dirname "$0")/../lib.sh"
build=$CALLBOARD_BUILD
file=$work/trial.conf

# wrong WHAT EXPECTED LINE...: the file of these lines is refused, with EXPECTED.
wrong() {
  local what=$1 expected=$2 said
  shift 2
  printf '%s\n' "$@" >"$file"
  if said=$("$build/callboard.fcgi" --config "$file" --check-config 2>&1); then
    fail "$what" "it is good: $said"
  else
    same "$what" "callboard.fcgi: $expected" "$said"
  fi
}

# --- what is wrong, and where ---

printf '[redis]\naddress = unix:/x\n' >"$file"
for program in callboard.fcgi callboard-events callboard-freeswitch; do
  same "$program: a good file" "$file: good" "$("$build/$program" --config "$file" --check-config 2>&1)"
  same "$program: named by the environment" "$file: good" \
    "$(CALLBOARD_CONFIG=$file "$build/$program" --check-config 2>&1)"
  not_ok "$program: a word too many" "$build/$program" --config "$file" --check-config nonsense
done
wrong "a key" "$file:2: unknown key adress in section [redis]; the nearest known is address" '[redis]' 'adress = unix:/x'
wrong "a section" "$file:3: unknown section [reddis]; the nearest known is [redis]" '' '[reddis]' 'address = unix:/x'
wrong "a line" "$file:2: neither a [section] nor a key = value" '[redis]' 'address'
wrong "a key twice" "$file:3: user is given twice, first in line 2" '[callboard]' 'user = a' 'user = b'
wrong "a number" "$file:2: workers must be a whole number from 0 to 64, not \"many\"" '[callboard]' 'workers = many'
wrong "a choice" "$file:2: auth must be one of common, webserver, htpasswd, pam, not \"pma\"" '[status]' 'auth = pma'
wrong "an address of Redis" "$file:2: address: Redis' address must be unix:/path or redis://host:port/db" \
  '[redis]' 'address = localhost'
wrong "a socket" "$file:2: listen: run/x: a socket needs an absolute path of at most 107 bytes" '[callboard]' 'listen = unix:run/x'
wrong "an address that others reach" "$file:2: listen: cannot listen on 0.0.0.0:9000: it must be unix:/path or 127.0.0.1:port; whoever reaches the socket may name any user" \
  '[events]' 'listen = 0.0.0.0:9000'
wrong "a zone" "$file:2: time_zone: there is no time zone \"Mars/Base\" in /usr/share/zoneinfo (package tzdata)" \
  '[phonecalls]' 'time_zone = Mars/Base'
wrong "numbers" "$file:2: the range 5- must have two numbers of the same length" '[cticache.pool.default]' 'numbers = 5-'
wrong "what does not go together" "$file: [events] idle_seconds must be more than ping_seconds" \
  '[events]' 'idle_seconds = 10' 'ping_seconds = 10'
printf '[redis]\nadress = unix:/x\n' >"$file"
for program in callboard-events callboard-freeswitch; do
  same "$program says the same" "$program: $file:2: unknown key adress in section [redis]; the nearest known is address" \
    "$("$build/$program" --config "$file" --check-config 2>&1)"
done
same "and so does callboard-spool" "callboard-spool: $file:2: unknown key adress in section [redis]; the nearest known is address" \
  "$("$build/callboard-spool" --config "$file" list 2>&1)"

# --- the environment ---

printf '[redis]\naddress = unix:/x\n' >"$file"
for program in callboard.fcgi callboard-events callboard-freeswitch; do
  same "$program: a variable is checked as a key is" \
    "$program: environment variable CALLBOARD_CONF_REDIS_DEADLINE: deadline must be a whole number from 10 to 60000, not \"soon\"" \
    "$(CALLBOARD_CONF_REDIS_DEADLINE=soon "$build/$program" --config "$file" --check-config 2>&1)"
  same "$program: a slip is named" \
    "$program: unknown environment variable CALLBOARD_CONF_REDIS_ADRESS; the nearest known is CALLBOARD_CONF_REDIS_ADDRESS" \
    "$(CALLBOARD_CONF_REDIS_ADRESS=unix:/y "$build/$program" --config "$file" --check-config 2>&1)"
done
mkdir -m 755 "$work/spool"
printf '[spool]\ndirectory = /nonexistent/spool\n' >"$file"
ok "callboard-spool: the environment wins over the file" \
  env CALLBOARD_CONF_SPOOL_DIRECTORY="$work/spool" "$build/callboard-spool" --config "$file" list
not_ok "which alone will not do" "$build/callboard-spool" --config "$file" list

# --- while they run ---

demo=yes start_instance
says() { # says SERVER TEXT: in its log
  grep -qF -e "$2" "$dir/log/$1.log"
}
feed_hears() {
  "$build/callboard-freeswitch" --config "$dir/callboard.conf" --status
}
ok "the feed hears the PBX" eventually 10 feed_hears
for server in pool events freeswitch; do
  cp "$dir/callboard.conf" "$work/good.conf"
  say 'nonsense = 1' >>"$dir/callboard.conf"
  kill -HUP "$(server_id $server)"
  ok "$server: a bad file is refused" eventually 5 says $server 'unknown key nonsense in section'
  cat "$work/good.conf" >"$dir/callboard.conf"
  kill -HUP "$(server_id $server)"
done
ok "pool: a good one is taken" eventually 5 says pool 'configuration reloaded'
ok "events: a good one is taken" eventually 5 says events 'configuration read again'
ok "freeswitch: a good one is taken" eventually 5 says freeswitch 'configuration read again'
ok "and all is asked for again" eventually 10 eval '[ "$(grep -c "FreeSWITCH demo at .* is connected" "$dir/log/freeswitch.log")" = 2 ]'
ok "the feed hears the PBX as before" eventually 10 feed_hears
process=$(server_id freeswitch)
kill -TERM "$process"
ended() {
  ! kill -0 "$process" 2>/dev/null
}
ok "freeswitch: and it ends" eventually 10 ended
http GET /status
same "the pool is there" 200 "$STATUS"
