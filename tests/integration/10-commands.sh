#!/usr/bin/env bash
# 10-commands.sh - ./run as a user knows it: two instances side by side, started, used, stopped, started again.
. "$(dirname "$0")/../lib.sh"

# Where the servers' user gets to; an instance makes its own directory inside.
homes=$work/homes
mkdir -m 755 "$homes"

# callboard HOME PORT [OPTION]: ./run there; its plain HTTP is on the next port. Sets STATUS and OUTPUT.
callboard() {
  OUTPUT=$(CALLBOARD_HOME=$1 CALLBOARD_PORT=$2 CALLBOARD_HTTP_PORT=$(($2 + 1)) "$root/run" "${@:3}" 2>&1)
  STATUS=$?
}

# The living processes of the sessions with the ids given.
members() {
  local file status id
  for file in /proc/[0-9]*/stat; do
    { read -r status <"$file"; } 2>/dev/null || continue
    read -ra status <<<"${status##*) }"
    for id in "$@"; do
      [ "${status[3]}" != "$id" ] || [ "${status[0]}" = Z ] || basename "$(dirname "$file")"
    done
  done
}

# Whatever happens, nothing goes on running.
stop_all() {
  local place
  for place in "$homes"/*; do
    callboard "$place" 1 --stop
  done
}
at_end stop_all

free_ports
first=$homes/first first_port=$free_port
callboard "$first" "$first_port" --detach
same "./run --detach" 0 "$STATUS"
[ "$STATUS" = 0 ] || say "$OUTPUT"
calls=$(sed -n '/^  entry=/,/-X DELETE/p' <<<"$OUTPUT")

free_ports
second=$homes/second second_port=$free_port
callboard "$second" "$second_port" --detach
same "another beside it" 0 "$STATUS"

# --- what the env file says ---

same "env is for its owner only" 600 "$(stat -c %a "$first/env")"
. "$second/env"
second_password=$CALLBOARD_PASSWORD second_url=$CALLBOARD_URL second_ca=$CALLBOARD_CA
. "$first/env"
same "CALLBOARD_URL" "https://127.0.0.1:$first_port" "$CALLBOARD_URL"
same "CALLBOARD_HTTP_URL" "http://127.0.0.1:$((first_port + 1))" "$CALLBOARD_HTTP_URL"
same "CALLBOARD_USER" demo "$CALLBOARD_USER"
ok "CALLBOARD_PASSWORD is a long one" [ ${#CALLBOARD_PASSWORD} -ge 26 ]
not_ok "and another for each instance" [ "$CALLBOARD_PASSWORD" = "$second_password" ]
ok "CALLBOARD_CA is a certificate" openssl x509 -noout -in "$CALLBOARD_CA"
same "CALLBOARD_REDIS answers" PONG "$(redis ping)"
ok "the key is for its owner only" [ "$(stat -c %a "$(dirname "$CALLBOARD_CA")/key.pem")" = 600 ]
ok "a plain shell can read it" sh -c '. "$1" && [ "$CALLBOARD_USER" = demo ]' sh "$first/env"

# --- the calls of the contract ---

http POST /cticache/DNIS-ANI --header 'Content-Type: application/json' \
  --data '{"value" : "12345678", "ani" : "1234567890"}'
same "POST: 201" 201 "$STATUS"
dnis=$(json dnis)
entry=/cticache/DNIS-ANI/$dnis:1234567890
same "POST: Location" "$entry" "$(header Location)"
same "POST: body" "{\"dnis\":\"$dnis\",\"ani\":\"1234567890\",\"value\":\"12345678\"}" "$BODY"
http GET "$entry"
same "GET: 200" 200 "$STATUS"
same "GET: body" '{"value":"12345678"}' "$BODY"
contains "GET: weak ETag" 'W/"' "$(header ETag)"
same "the other instance knows nothing of it" 404 "$(curl -s -o /dev/null -w '%{http_code}' --cacert "$second_ca" \
  --user "demo:$second_password" "$second_url$entry")"
http GET "$CALLBOARD_HTTP_URL$entry"
same "GET over plain HTTP: 200" 200 "$STATUS"
http DELETE "$entry"
same "DELETE: 200" 200 "$STATUS"
same "DELETE: body" '{"value":"12345678"}' "$BODY"
http GET "$entry"
same "GET after DELETE: 404" 404 "$STATUS"

answers=$(bash -c "$calls" 2>&1)
same "the calls that ./run prints work when pasted" "3 2" \
  "$(grep -o '"value":"12345678"' <<<"$answers" | wc -l) $(grep -c '^HTTP/1.1 200' <<<"$answers")"

# --- what stands in the way is told ---

callboard "$first" "$first_port" --detach
same "an instance is not started twice" 1 "$STATUS"
contains "and how to stop it is told" "CALLBOARD_HOME=$first ./run --stop" "$OUTPUT"
callboard "$homes/third" "$first_port" --detach
same "a port that is taken is refused" 1 "$STATUS"
contains "and how to choose another is told" "CALLBOARD_PORT=" "$OUTPUT"
not_ok "and nothing is left of the try" [ -e "$homes/third" ]
callboard "$homes/third" "$((first_port - 1))" --detach
contains "the same for plain HTTP" "CALLBOARD_HTTP_PORT=" "$OUTPUT"
callboard "$homes/third" 99999 --detach
contains "a port must be a number" "CALLBOARD_PORT must be a port" "$OUTPUT"
callboard "$homes/third" 1 --nonsense
same "an unknown option: status 2" 2 "$STATUS"
callboard "$homes/third" 1 --help
contains "--help" "usage: ./run" "$OUTPUT"

# --- stopped and started again ---

http POST /cticache/DNIS-ANI --header 'Content-Type: application/json' --data '{"ani":"42","value":"kept"}'
entry=$(header Location)
password=$CALLBOARD_PASSWORD certificate_before=$(sha256sum <"$CALLBOARD_CA")
instance_at "$first" 1 1 "$CALLBOARD_BUILD"
ids=$(server_id redis) && ids+=" $(server_id pool) $(server_id nginx)"
# shellcheck disable=SC2086 # the ids, word by word
ok "all three run" [ "$(members $ids | wc -l)" -ge 3 ]

callboard "$first" "$first_port" --stop
same "--stop" 0 "$STATUS"
# shellcheck disable=SC2086
same "--stop leaves no process behind" "" "$(members $ids)"
not_ok "nor a listener" port_taken "$first_port"
callboard "$first" "$first_port" --stop
contains "--stop with nothing to stop says so" "No callboard runs" "$OUTPUT"

callboard "$first" "$first_port" --detach
same "it starts again" 0 "$STATUS"
. "$first/env"
same "with the same password" "$password" "$CALLBOARD_PASSWORD"
same "the same certificate" "$certificate_before" "$(sha256sum <"$CALLBOARD_CA")"
http GET "$entry"
same "and the same data" '{"value":"kept"}' "$BODY"

# --- after a crash ---

instance_at "$first" 1 1 "$CALLBOARD_BUILD"
ids=$(server_id nginx)
kill -KILL "$(server_id pool)" "$(server_id redis)" "$(server_id events)" "$ids"
all_dead() { ! instance_running; }
eventually 10 all_dead
callboard "$first" "$first_port" --detach
same "it starts after all its servers were killed" 0 "$STATUS"
[ "$STATUS" = 0 ] || say "$OUTPUT"
same "and leaves none of the old ones" "" "$(members "$ids")"
callboard "$first" "$first_port" --stop

# --- in the foreground ---

background foreground env CALLBOARD_HOME="$first" CALLBOARD_PORT="$first_port" \
  CALLBOARD_HTTP_PORT="$((first_port + 1))" CALLBOARD_BUILD="$CALLBOARD_BUILD" "$root/run"
ok "./run says when the log begins" eventually 30 grep -q 'The log follows' "$work/foreground.log"
http GET /status
ok "the log shows a request" eventually 5 grep -q '^pool .* route=/status status=200' "$work/foreground.log"
process_stop "$work/foreground.pid" TERM
contains "SIGTERM, as Ctrl-C, stops it" "callboard has stopped" "$(tail -n 1 "$work/foreground.log")"
not_ok "and all it started" instance_running

# --- a server that does not start ---

say '[callboard]
nonsense = 1' >"$second/settings.conf"
callboard "$second" "$second_port" --stop
callboard "$second" "$second_port" --detach
same "a pool that does not start: status 1" 1 "$STATUS"
contains "the end of its log is shown" nonsense "$OUTPUT"
instance_at "$second" 1 1 "$CALLBOARD_BUILD"
not_ok "nothing is left running" instance_running

# --- places where sockets cannot be ---

free_ports

deep=$homes/$(head -c 100 /dev/zero | tr '\0' d)
callboard "$deep" "$free_port" --detach
same "a path too long for a socket" 0 "$STATUS"
. "$deep/env"
http GET /status
same "answers" 200 "$STATUS"
callboard "$deep" "$free_port" --stop

if [ "$(id -u)" = 0 ]; then
  mkdir -m 700 "$homes/closed"
  callboard "$homes/closed" "$free_port" --detach
  same "a directory that only root may enter" 0 "$STATUS"
  . "$homes/closed/env"
  http GET /status
  same "answers too" 200 "$STATUS"
  for name in redis pool; do
    instance_at "$homes/closed" 1 1 "$CALLBOARD_BUILD"
    same "$name is not root" "$service_user" "$(stat -c %U "/proc/$(server_id $name)")"
  done
  callboard "$homes/closed" "$free_port" --stop
fi
