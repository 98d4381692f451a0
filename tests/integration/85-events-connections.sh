#!/usr/bin/env bash
# The event stream's connections: how many there may be, which are alive, and what becomes of them when a signal comes.
. "$(dirname "$0")/../lib.sh"
. "$root/tests/events.sh"

events_start "domain_connections = 2
ping_seconds = 1
idle_seconds = 3"

# text FILE: the system messages in it.
told() {
  messages "$1" "m.get('message')=='system_msg'" | sed 's/"seq":"[^"]*",//'
}

# change SETTING VALUE: in the configuration file, which the gateway is to read again.
change() {
  sed -i "s/^$1 = .*/$1 = $2/" "$dir/callboard.conf" && kill -HUP "$(server_id events)"
}

connections() {
  anonymous GET /events/connections --user "$token"
  [ "$(python3 -c 'import json, sys; print(len(json.load(sys.stdin)["connections"]))' <<<"$BODY")" = "$1" ]
}

# --- how many

background one "${program[@]}" "$basix?app_name=one" "$token" listen 60000
ok "one client" eventually 10 connections 1
background two "${program[@]}" "$ws/events?app_name=two" "$ada" listen 60000
ok "and another one, of a domain that may have two" eventually 10 connections 2
limit='{"message":"system_msg","text":"connection_limit_reached"}'
client "$basix" "$token" listen 5000 >"$work/third"
same "a third Basix client is told that there are too many" "$limit" "$(told third)"
contains "and its connection is ended" '{"closed":1008,"reason":"connection_limit_reached"}' "$(<"$work/third")"
client "$ws/events" "$token" listen 5000 >"$work/third"
same "so is one that reads JSON" "$limit" "$(told third)"
contains "whose connection is ended too" '{"closed":1008,' "$(<"$work/third")"
anonymous GET /events --user "$token"
same "and one of server-sent events" "$limit" "$(sed -n 's/^data: //p' <<<"$BODY" | sed 's/"seq":"[^"]*",//')"
ok "nobody else was disturbed" connections 2

client "$basix?app_name=three&force=1" "$token" until '"element":"domain","items"' >"$work/third"
contains "with force=1 it comes in" '"element":"domain","items"' "$(<"$work/third")"
ok "in place of the oldest one" eventually 10 has one.log closed
contains "which is told" '"text":"connection_replaced"' "$(<"$work/one.log")"
not_ok "the other one is still there" has two.log closed

# --- HUP

raw "$token" from=192.0.2.1 deaf >"$work/deaf" &
ok "two again" eventually 10 connections 2
printf 'address_connections = 1\n' >"$work/more"
sed -i "/^domain_connections/r $work/more" "$dir/callboard.conf"
change domain_connections 20
ok "HUP: the configuration is read again" eventually 10 logged "configuration read again"
client "$ws/events" "$token" listen 5000 >"$work/third"
same "an address may have one connection, which is there" "$limit" "$(told third)"
background other "${raw_program[@]}" "$events_socket" "$token" from=192.0.2.2 read
ok "another address may connect" eventually 10 has other.log '"ready"'
not_ok "who was there before stays" has two.log closed
change ping_seconds 0
ok "a configuration that is wrong is not used" eventually 10 logged "the new configuration is not used"
client "$ws/events" "$token" listen 5000 >"$work/third"
same "and the old one still is" "$limit" "$(told third)"
change ping_seconds 1

# --- who is there

ok "a client is asked whether it is there" eventually 10 has other.log ping
ok "and one that does not answer is gone" eventually 10 has other.log closed
ok "one that answers is not, though it hears nothing" connections 1
change address_connections 20
client "$ws/events" "$token" pings 3 >"$work/pings"
contains "it is asked again and again, and answered when it asks" '"closed":1005' "$(<"$work/pings")"
background writer python3 "$root/tests/events_writer.py" "$CALLBOARD_REDIS" "$domain" 5
client "$ws/events" "$token" follow end >"$work/follow"
contains "one that hears news all the time is asked too, and stays" '"end"' "$(<"$work/follow")"
curl -sSN --max-time 3 --cacert "$CALLBOARD_CA" -u "$token" "$CALLBOARD_URL/events?element=server" >"$work/sse" 2>"$work/sse.error"
ok "server-sent events: a comment now and then" grep -qx : "$work/sse"

# --- USR1

client "$ws/events" "$token" send '{"cmd":"hangup","uuid":"none"}' >"$work/command"
same "a command is in the audit log" 1 "$(wc -l <"$work/audit/log")"
mv "$work/audit/log" "$work/audit/log.1"
kill -USR1 "$(server_id events)"
ok "USR1: the audit log is opened anew" eventually 10 test -e "$work/audit/log"
client "$ws/events" "$token" send '{"cmd":"hangup","uuid":"none"}' >"$work/command"
same "and what comes is written there" "1 1" "$(wc -l <"$work/audit/log") $(wc -l <"$work/audit/log.1")"

# --- TERM

background last "${program[@]}" "$ws/events" "$token" listen 60000
ok "somebody listens" eventually 10 has last.log '"ready"'
server_stop events
ok "TERM: clients are told" eventually 10 has last.log going_away
contains "with the code for that" '{"closed":1001,"reason":"going_away"}' "$(<"$work/last.log")"
contains "and the gateway ends in order" ended "$(tail -1 "$dir/log/events.log")"

# --- more connections than the system lets it have open

(ulimit -n 48 && server_start events)
background crowd python3 -c '
import socket, sys, time
links = [socket.socket(socket.AF_UNIX) for _ in range(60)]
for link in links:
    link.connect(sys.argv[1])
time.sleep(60)' "$events_socket"
ok "no descriptor is left: the log says so" eventually 10 logged "no more connections can be taken"
sleep 2
ok "now and then, not all the time" test "$(grep -c "no more connections can be taken" "$dir/log/events.log")" -lt 20
process_stop "$work/crowd.pid" TERM
client "$ws/events" "$token" until '"ready"' >"$work/after"
contains "who comes when there are some again is let in" '"ready"' "$(<"$work/after")"
