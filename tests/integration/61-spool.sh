#!/usr/bin/env bash
# Packets that must not be lost, while everything around them is.
. "$(dirname "$0")/../lib.sh"
export CALLBOARD_HTTP_URL CALLBOARD_USER CALLBOARD_PASSWORD # for notify.py

settings='
[callboard]
workers = 2
log_level = warning'
start_instance "$settings"

list=enigma:notifications:campaigns
notify() { python3 "$root/tests/notify.py" "$@"; }
holds() { [ -e "$dir/spool/holding" ]; }
is_drained() { ! holds; }
spool() { "$build/callboard-spool" --config "$dir/callboard.conf" "$@"; }

# cdr REF: posts one packet.
cdr() {
  http POST /notifications/campaigns -H 'Content-Type: application/json' -d "{\"type\":\"cdr\",\"payload\":{\"ref\":\"$1\"}}"
}

# compare WHAT: the list holds exactly what was acknowledged, in order; then it is emptied.
compare() {
  local found acknowledged
  ok "$1: the spool is drained" eventually 30 is_drained
  found=$(redis lrange $list 0 -1 | notify check "$work/posted")
  acknowledged=${found##*of }
  same "$1: exactly what was acknowledged, in order" "lost 0, twice 0, out of order 0, of $acknowledged" "$found"
  same "$1: nothing was set aside" '' "$(ls "$dir/spool/aside" 2>/dev/null)"
  redis del $list >/dev/null
}

# load [PACKETS [BATCH]]: posts in the background, at least so many, until load_end WHAT: things go wrong in between.
load() {
  rm -f "$work"/enough*
  notify post campaigns 8 "${1:-0}" "${2:-1}" "$work/enough" >"$work/posted" &
  load=$!
  see 200
}
# see STATUS: waits until one of them is answered so.
see() {
  rm -f "$work/enough.$1"
  eventually 30 test -e "$work/enough.$1"
}
load_end() {
  touch "$work/enough"
  wait $load
  same "$1: every packet is acknowledged at once" 0 "$(BODY=$(<"$work/posted") json repeated)"
  contains "$1: some went to the spool" '"202"' "$(<"$work/posted")"
  compare "$1"
}

# --- Redis goes in one way or another, while eight clients post ---

load
server_stop redis
see 202
server_start redis
load_end "Redis stopped"

load
kill -STOP "$(server_id redis)"
see 202
kill -CONT "$(server_id redis)"
load_end "Redis frozen"

redis config set appendfsync always >/dev/null # what Redis says it has, it has
load
kill -KILL "$(server_id redis)"
see 202
server_stop redis
server_start redis
load_end "Redis killed"

load
redis replicaof 127.0.0.1 1 >/dev/null
see 202
redis replicaof no one >/dev/null
load_end "Redis read only"

load
redis config set maxmemory 1 >/dev/null
see 202
redis config set maxmemory 0 >/dev/null
load_end "Redis out of memory"

# --- 100,000 packets, three outages ---

load 100000 5
server_stop redis
see 202
server_start redis
see 200
kill -STOP "$(server_id redis)"
see 202
kill -CONT "$(server_id redis)"
redis config set appendfsync always >/dev/null
see 200
kill -KILL "$(server_id redis)"
see 202
server_stop redis
server_start redis
load_end "100,000 packets through three outages"

# --- Redis comes back empty ---

server_stop redis
for i in 0 1 2 3 4; do cdr "empty-$i"; done
same "Redis away: 202" '202 {"spooled":true}' "$STATUS $BODY"
http POST /notifications/agents -H 'Content-Type: application/json' -d '{"type":"status","payload":{}}'
same "Redis away: news is refused" 503 "$STATUS"
contains "list says what waits" "$list: 5 packets" "$(spool list)"
same "show shows it, oldest first" "0 1 2 3 4" "$(spool show | sed 's/.*empty-\([0-9]\).*/\1/' | paste -sd ' ')"
same "drop takes one out" '1 dropped' "$(spool drop "$(spool show | sed -n 3p | cut -f 2)")"
not_ok "drop of what is not there" spool drop no-such-id
rm -rf "$dir/redis/appendonlydir"
server_start redis
ok "Redis restarted empty: the spool is drained" eventually 10 is_drained
same "Redis restarted empty: what the spool held is there" "0 1 3 4" \
  "$(redis lrange $list 0 -1 | tac | sed 's/.*empty-\([0-9]\).*/\1/' | paste -sd ' ')"
http GET /metrics
contains "/metrics counts what was drained" callboard_spool_drained_total "$BODY"
redis del $list >/dev/null

# --- replay, and what is torn, damaged or foreign ---

server_stop redis
for i in 0 1 2; do cdr "torn-$i"; done
server_stop pool
file=$(find "$dir/spool" -name '*.spool')
sed -i '2s/torn-1/TORN-1/' "$file"
printf 'wait\t12345678\t2026-11-21T11' >>"$file"
echo 'not a packet' >"$dir/spool/notes.txt"
echo 'not a packet' >"$dir/spool/0000000000000001.spool"
chown --reference="$dir/spool" "$dir/spool/"* 2>/dev/null
server_start redis
ok "replay" spool replay
same "replay: what is sound is in Redis, in order" "0 2" \
  "$(redis lrange $list 0 -1 | tac | sed 's/.*torn-\([0-9]\).*/\1/' | paste -sd ' ')"
same "what is not is set aside" "0000000000000001.spool ${file##*/} notes.txt" "$(ls "$dir/spool/aside" | paste -sd ' ')"
contains "the damaged packet can still be read there" TORN-1 "$(cat "$dir/spool/aside/${file##*/}")"
not_ok "nothing is held any more" holds
rm -rf "$dir/spool/aside"
redis del $list >/dev/null
server_start pool

# --- a list that is none stands in nobody's way ---

server_stop redis
cdr away-0
http POST /notifications/inbound -H 'Content-Type: application/json' -d '{"type":"call","payload":{"ref":"wrong"}}'
cdr away-1
server_stop pool
server_start redis
redis set enigma:notifications:inbound 'no list' >/dev/null
server_start pool
ok "the others are drained" eventually 10 is_drained
same "the others are in Redis" 2 "$(redis llen $list)"
contains "the packet of the list that is none is set aside" wrong "$(cat "$dir"/spool/aside/*)"
rm -rf "$dir/spool/aside"
redis del $list enigma:notifications:inbound >/dev/null

# --- whoever drains is killed, at any time ---

# fill: 3,000 packets wait in the spool, Redis is there, the pool is not.
fill() {
  server_stop redis
  notify post campaigns 8 3000 25 >"$work/posted"
  server_stop pool
  server_start redis
}
fill
server_start pool
killed=0
for _ in $(seq 30); do
  holds || break
  for worker in $(pgrep -P "$(server_id pool)"); do
    kill -KILL "$worker" 2>/dev/null && killed=$((killed + 1))
  done
  sleep 0.0$((RANDOM % 10))
done
ok "workers were killed while they drained ($killed)" test $killed -gt 0
compare "workers killed"

# Builds for tests have places at which they can be killed.
if grep -q FAULT_INJECTION "$build/Makefile"; then
  for fault in drain-read:4 drain-push:1 drain-pushed:1 drain-pushed:4 drain-mark:1 drain-mark:700 drain-settled:7 \
    drain-remove:1 drain-removed:1; do
    fill
    not_ok "killed at $fault" env CALLBOARD_FAULT=$fault "$build/callboard-spool" --config "$dir/callboard.conf" replay
    server_start pool
    compare "drainer killed at $fault"
  done

  # The first failure: Redis has 500 packets, and nobody was told. The second: it forgets their ids.
  fill
  not_ok "killed at drain-pushed:1" env CALLBOARD_FAULT=drain-pushed:1 "$build/callboard-spool" \
    --config "$dir/callboard.conf" replay
  redis --scan --pattern 'callboard:packet:*' | xargs -n 100 redis-cli -s "$CALLBOARD_REDIS" del >/dev/null
  server_start pool
  ok "two failures: the spool is drained" eventually 30 is_drained
  contains "two failures: what Redis had, and no more, is there twice" "lost 0, twice 500, out of order 0" \
    "$(redis lrange $list 0 -1 | notify check "$work/posted")"
  redis del $list >/dev/null
fi

# --- two pools on one spool ---

first=$home first_dir=$dir first_url=$CALLBOARD_HTTP_URL
start_instance "$settings
[spool]
directory = $first_dir/spool
[redis]
address = unix:$first_dir/redis/redis.sock"
second_url=$CALLBOARD_HTTP_URL second_dir=$dir
use_instance "$first"
cp "$first_dir/htpasswd" "$second_dir/htpasswd"
export CALLBOARD_HTTP_URLS="$first_url $second_url"
load 0 2
server_stop redis
see 202
server_start redis
load_end "two pools on one spool"
unset CALLBOARD_HTTP_URLS

# --- the disk is full ---

if [ "$(id -u)" = 0 ] && mkdir "$work/small" && mount -t tmpfs -o "size=256k,uid=$(id -u "$service_user"),mode=700" tmpfs "$work/small" 2>/dev/null; then
  at_end umount "$work/small"
  start_instance "$settings
[spool]
directory = $work/small/"
  server_stop redis
  held=0
  for _ in $(seq 400); do
    cdr "full-$held"
    [ "$STATUS" = 202 ] || break
    http POST /notifications/campaigns -H 'Content-Type: application/json' \
      -d "{\"type\":\"cdr\",\"payload\":{\"ref\":\"full-$((held + 1))\",\"more\":\"$(printf '%08000d' 0)\"}}"
    [ "$STATUS" = 202 ] && held=$((held + 2)) || { held=$((held + 1)) && break; }
  done
  same "disk full: 507" 507 "$STATUS"
  contains "disk full: says so" "no room" "$(json error)"
  server_start redis
  ok "disk full: what was acknowledged is drained" eventually 10 test ! -e "$work/small/holding"
  same "disk full: exactly what was acknowledged" "$(seq 0 $((held - 1)))" \
    "$(redis lrange $list 0 -1 | tac | sed 's/.*full-\([0-9]*\).*/\1/')"
  cdr "again-0"
  same "and then it works again" 200 "$STATUS"
  stop_instance
else
  say "# the test of a full disk needs root, to mount a small one: left out"
fi
