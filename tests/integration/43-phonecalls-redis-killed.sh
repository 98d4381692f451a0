#!/usr/bin/env bash
# Redis is killed while calls are recorded, and again; then the cron job says all once more.
. "$(dirname "$0")/../lib.sh"
export CALLBOARD_HTTP_URL CALLBOARD_TOKEN # for direct.py

start_instance
anonymous GET "/direct/items/contacts/create?token=$CALLBOARD_TOKEN&name=Ada&phone=02122853348"

calls=6000
python3 "$root/tests/direct.py" replay $calls >"$work/first" &
load=$!
for _ in 1 2; do
  sleep 0.4
  kill -KILL "$(server_id redis)"
  server_stop redis
  sleep 0.3
  server_start redis
done
wait $load
recorded=$(grep -c '^[0-9]*$' "$work/first")
ok "some are recorded ($recorded), some are not" test "$recorded" -gt 0 -a "$recorded" -lt $calls
same "what is not is answered 503" "" "$(grep -v '^[0-9]*$' "$work/first" | grep -v '^503 ' | head -n 3)"

# Calls in the days' hashes, on walls, and in the lists by hour.
stored() {
  redis eval "
    local sum = {0, 0, 0}
    for day = 1, 31 do
      local d = string.format('{2012-10-%02d}', day)
      sum[1] = sum[1] + redis.call('HLEN', 'phonecalls:' .. d)
      sum[2] = sum[2] + redis.call('ZCARD', 'callboard:phonecalls:wall:' .. d)
      for hour = 0, 25 do
        sum[3] = sum[3] + redis.call('LLEN', 'callboard:phonecalls:hour:' .. d .. ':' .. hour)
      end
    end
    return sum" 0 | paste -sd ' '
}
read -r hashes walls hours < <(stored)
same "nothing is half done: walls have what the days have" "$hashes" "$walls"
same "and so have the lists" "$hashes" "$hours"
ok "what was answered with an id is there" test "$hashes" -ge "$recorded"

ready() {
  anonymous GET "/direct/items/contacts/list?token=$CALLBOARD_TOKEN" && [ "$STATUS" = 200 ]
}
eventually 10 ready
python3 "$root/tests/direct.py" replay $calls >"$work/second"
same "said again all are recorded, each once" "$calls $calls $calls" "$(stored)"
same "each has an id of its own" $calls "$(grep '^[0-9]*$' "$work/second" | sort -u | wc -l)"
same "and those of the first time have the ids they had" "$recorded" \
  "$(comm -12 <(grep '^[0-9]*$' "$work/first" | sort) <(sort "$work/second") | wc -l)"
