#!/usr/bin/env bash
# 20-transport.sh - what a web server never sends, and what a worker must live through.
. "$(dirname "$0")/../lib.sh"
export CALLBOARD_HTTP_URL CALLBOARD_USER CALLBOARD_PASSWORD # for load.py

client() {
  python3 "$root/tests/fastcgi_client.py" "$@"
}

start_instance '
[callboard]
workers = 2
request_seconds = 3
[cticache.pool.default]
numbers = 5551000000-5551099999
ttl = 60'

# --- odd records, over the pool's own unix socket and over TCP ---

odd='good: 200 200
not kept: 200 end
not FastCGI: end
version: end
id 0: end
short begin: end
id twice: end
filter: role 200
values: values 200
torn values: values 200
unknown type: unknown 200
strays: 200 200
no parameters: 400 200
torn parameters: 400 200
large parameters: 413 200
large body: 413 200
huge length: 413 200
bad length: 400 200
short body: 400 200
long body: 400 200
good body: 201 200
abort: aborted 200
authorizer: 401 200'

free_ports
background tcp "$CALLBOARD_BUILD/callboard.fcgi" --config "$dir/callboard.conf" --listen "127.0.0.1:$free_port"
eventually 10 port_taken "$free_port"
for address in "$pool_socket" "127.0.0.1:$free_port"; do
  same "odd records, ${address%%[0-9]*}" "$odd" "$(client "$address" odd)"
  same "byte by byte, ${address%%[0-9]*}" 200 "$(client "$address" pieces)"
  same "100 at once on one connection, ${address%%[0-9]*}" "100 ['200']" "$(client "$address" many)"
done
process_stop "$work/tcp.pid" TERM
http GET /metrics
not_ok "what is not FastCGI is counted" grep -q '^callboard_protocol_errors_total 0$' "$work/body"

# --- 500 requests that never end ---

client "$pool_socket" slow 500 >"$work/slow" &
slow=$!
eventually 20 grep -q open "$work/slow"
for _ in 1 2 3; do
  http GET /status
  same "500 slow ones do not hinder others" 200 "$STATUS"
done
wait $slow
same "each gets its 408" "{408: 500}" "$(tail -n 1 "$work/slow")"

# --- load, while things happen ---

# load_begin SCENARIO SECONDS: 16 clients in the background.
load_begin() {
  python3 "$root/tests/load.py" "$1" 16 "$2" >"$work/load" &
  load=$!
  sleep 1
}

# load_says EXPRESSION: of what load.py printed, d, once it has ended.
load_says() {
  python3 -c 'import json, sys; d = json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$work/load" "$1"
}

workers() {
  pgrep -P "$(server_id pool)"
}

before=$(workers)
load_begin mixed 4
kill -KILL "$(head -n 1 <<<"$before")"
wait $load
# 404: a DELETE that the worker had carried out; nginx sends it once more, and then there is nothing left.
same "a worker killed: at most its own requests fail" "(True, 0, [])" \
  "$(load_says 'sum(n for s, n in d["statuses"].items() if s in ("404", "502")) <= 16, d["broken"], sorted(set(d["statuses"]) - {"200", "201", "404", "502"})')"
same "and there are two workers again" 2 "$(workers | wc -l)"
http GET /metrics
contains "which is counted" "callboard_worker_deaths_total 1" "$BODY"

before=$(workers)
load_begin mixed 4
kill -HUP "$(server_id pool)"
wait $load
same "a good configuration: no request fails" "(0, [], ['200', '201'])" \
  "$(load_says 'd["broken"], d["wrong"], sorted(d["statuses"])')"
replaced() {
  [ "$(workers | grep -cxF "$before")" = 0 ] && [ "$(workers | wc -l)" = 2 ]
}
ok "and all workers are new" eventually 15 replaced

before=$(workers)
cp "$dir/callboard.conf" "$work/good.conf"
say 'nonsense = 1' >>"$dir/callboard.conf"
kill -HUP "$(server_id pool)"
refused() {
  grep -q 'the new configuration is refused' "$dir/log/pool.log"
}
ok "a bad configuration is refused" eventually 5 refused
same "and the workers stay" "$before" "$(workers)"
http GET /status
same "and answer" 200 "$STATUS"
cp "$work/good.conf" "$dir/callboard.conf"

# --- the end ---

client "$pool_socket" drain >"$work/drain" &
drain=$!
eventually 10 grep -q open "$work/drain"
server_stop pool
wait $drain
same "TERM: what is under way is answered" 200 "$(tail -n 1 "$work/drain")"
not_ok "and the socket is gone" test -e "$pool_socket"
contains "the log says so" " ended" "$(tail -n 1 "$dir/log/pool.log")"

# --- the log after a rotation ---

install -d -m 770 -g "$service_group" "$work/rotated"
say "$(sed "s|^\[redis\]|log = $work/rotated/log\n[redis]|" "$dir/callboard.conf")" >"$dir/callboard.conf"
server_start pool
http GET /status
mv "$work/rotated/log" "$work/rotated/log.1"
kill -USR1 "$(server_id pool)"
ok "USR1 opens the log anew" eventually 5 test -e "$work/rotated/log"
logged() {
  http GET /status --header "X-Request-Id: rotated-$SECONDS"
  grep -q 'worker.*id=rotated-' "$work/rotated/log"
}
ok "and the workers write there" eventually 5 logged
