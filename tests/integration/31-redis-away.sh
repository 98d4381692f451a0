#!/usr/bin/env bash
# Redis goes, freezes and comes back while clients are at work.
. "$(dirname "$0")/../lib.sh"
export CALLBOARD_HTTP_URL CALLBOARD_USER CALLBOARD_PASSWORD # for load.py

start_instance '
[callboard]
workers = 2
[redis]
deadline = 500
[cticache.pool.default]
numbers = 5551000000-5551099999
ttl = 60'

# The pool's own measure of its slowest answer with STATUS from line LINE of its log on, in milliseconds.
slowest_ms() {
  tail -n "+$2" "$dir/log/pool.log" | sed -n "s/.* status=$1 us=\([0-9]*\)$/\1/p" | sort -n | tail -n 1 |
    awk '{ print int($1 / 1000) }'
}

# load_begin: 32 clients in the background, who have been answered.
load_begin() {
  log_line=$(($(wc -l <"$dir/log/pool.log") + 1))
  python3 "$root/tests/load.py" mixed 32 60 >"$work/load" &
  load=$!
  eventually 30 answered 201
  sleep 1
}

# answered STATUS: somebody was answered with it since line log_line of the log.
answered() {
  awk -v line="$log_line" -v status=" status=$1 " 'NR >= line && index($0, status) { found = 1 } END { exit !found }' "$dir/log/pool.log"
}

# load_end WHAT: what must be true of it, whatever happened to Redis.
load_end() {
  back=$(date +%s.%N)
  sleep 2
  kill -TERM $load
  wait $load
  same "$1: nothing but good answers and 503" '[] 0 200 201 503' "$(python3 -c '
import json, sys
d = json.load(open(sys.argv[1]))
print(d["wrong"], d["broken"], *sorted(d["statuses"]))' "$work/load")"
  ok "$1: no 503 is later than the deadline and 100 ms ($(slowest_ms 503 $log_line) ms)" \
    test "$(slowest_ms 503 $log_line)" -le $((500 + 100 * slowness))
  ok "$1: the log says once a worker that Redis went" \
    test "$(tail -n "+$log_line" "$dir/log/pool.log" | grep -c 'Redis at .* is away')" -le 2
}

# back_within WHAT: the last 503 came within a second of the time at which Redis was back.
back_within() {
  ok "$1: service is back within a second of Redis" python3 -c '
import json, sys
seen = json.load(open(sys.argv[1]))["seen"]
sys.exit(not seen["503"][1] <= float(sys.argv[2]) + float(sys.argv[3]))' "$work/load" "$back" $slowness
}

# Sanitizers make everything several times slower; what must be fast is only asked of the real build.
slowness=1
! sanitized || slowness=5

http POST /cticache/DNIS-ANI -d 'ani=1&value=before&ttl=60'
location=$(header Location)

load_begin
server_stop redis
sleep 1.5
http GET "$location"
same "Redis stopped: 503" 503 "$STATUS"
same "Redis stopped: Retry-After" 1 "$(header Retry-After)"
contains "Redis stopped: says so in JSON" "storage is away" "$(json error)"
http GET /status
same "Redis stopped: /status answers" "200 away" "$STATUS $(json redis)"
http GET /metrics
contains "Redis stopped: /metrics answers" "callboard_redis_up 0" "$BODY"
server_start redis
load_end "Redis stopped"
back_within "Redis stopped"
http GET "$location"
same "what was acknowledged before is still there" '{"value":"before"}' "$BODY"

load_begin
kill -STOP "$(server_id redis)"
sleep 2
eventually 30 answered 503
kill -CONT "$(server_id redis)"
load_end "Redis frozen"
back_within "Redis frozen"

load_begin
kill -KILL "$(server_id redis)"
eventually 30 answered 503
server_stop redis
server_start redis
load_end "Redis killed"
back_within "Redis killed"
http GET "$location"
same "what was acknowledged survives a kill of Redis" '{"value":"before"}' "$BODY"

redis config set maxmemory 1 >/dev/null
http POST /cticache/DNIS-ANI -d 'ani=2&value=x'
same "Redis out of memory: 503" 503 "$STATUS"
redis config set maxmemory 0 >/dev/null
redis replicaof 127.0.0.1 1 >/dev/null
http POST /cticache/DNIS-ANI -d 'ani=2&value=x'
same "Redis read only: 503" 503 "$STATUS"
http GET "$location"
ok "Redis read only: reading still works, or says 503" test "$STATUS" = 200 -o "$STATUS" = 503
redis replicaof no one >/dev/null
http POST /cticache/DNIS-ANI -d 'ani=2&value=x'
same "and then it works again" 201 "$STATUS"
http GET /metrics
contains "deadlines that were missed are counted" "callboard_redis_deadlines_missed_total" "$BODY"
not_ok "and there were some" grep -q '^callboard_redis_deadlines_missed_total 0$' "$work/body"
