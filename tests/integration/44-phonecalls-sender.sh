# 44-phonecalls-sender.sh - phonecalls against a server that misbehaves: what is sent again, what never, and what people
# are told. The calls come from a Master.csv as Asterisk writes it.
. "$(dirname "$0")/../lib.sh"

phonecalls=$CALLBOARD_BUILD/phonecalls
csv=$work/Master.csv
taken=$work/taken
trouble=$taken.trouble

# call MINUTES-AGO SOURCE DESTINATION: a line of Master.csv.
call() {
  local start
  start=$(date -u -d "-$1 min" '+%Y-%m-%d %H:%M:%S')
  say "\"\",\"$2\",\"$3\",\"from-internal\",\"\"\"Ada, Ops\"\" <$2>\",\"SIP/$2-0000001a\",\"DAHDI/1-1\",\"Dial\",\"x\",\"$start\",\"$start\",\"$start\",45,40,\"ANSWERED\",\"DOCUMENTATION\",\"1.1\",\"\""
}

# calls COUNT: good ones, ten a minute, from 60 minutes ago on.
calls() {
  local i
  for ((i = 0; i < $1; i++)); do
    call $((60 + i / 10)) 7222 "9285$((1000 + i))"
  done
}

configuration() {
  cat >"$work/phonecalls.conf" <<END
[asterisk]
source = csv
csv = $csv
url_prefix = http://pbx.example.com/
${1-}
[callboard]
url = http://127.0.0.1:$(<"$work/port")
token_file = $work/token
${2-}
END
}

# replicate [OPTION]...: sets STATUS, OUT, ERR.
replicate() {
  "$phonecalls" -config "$work/phonecalls.conf" "$@" >"$work/out" 2>"$work/err"
  STATUS=$?
  OUT=$(<"$work/out")
  ERR=$(<"$work/err")
}

count() {
  wc -l <"$taken"
}

touch "$taken"
background fake python3 "$root/tests/fake_phonecalls.py" "$work/port" "$taken"
eventually 10 test -s "$work/port"
(umask 077 && say secret-of-a-token >"$work/token")
configuration

# --- options ---

for option in -help --help -h; do
  contains "$option prints how it is used" "-full" "$("$phonecalls" $option)"
done
mkdir -p "$work/bin" "$work/man/man1"
cp "$root/man/phonecalls.1" "$work/man/man1/"
say "#!/bin/sh
echo \"page of \$*\"" >"$work/bin/man"
chmod 755 "$work/bin/man"
for option in -man --man -m; do
  same "$option shows the page" "page of phonecalls" "$(PATH=$work/bin:$PATH "$phonecalls" $option)"
done
contains "-version" callboard "$("$phonecalls" -version)"
replicate -nonsense
same "an unknown option: 2" 2 "$STATUS"
replicate today
same "an argument: 2" 2 "$STATUS"

# --- what is sent ---

{
  call 60 7222 92853348
  call 61 7223 2853349
  call 62 '+58 7224' 04142853350
  call 63 7225 123456
  call $((5 * 60)) 7226 92853351
  call $((40 * 24 * 60)) 7227 92853352
} >"$csv"
replicate
same "all is well: 0" 0 "$STATUS"
same "nothing on standard error" "" "$ERR"
contains "the sum is told" "3 of 3 calls done" "$OUT"
same "a call, as the fake got it: 9 dropped, area code in front, url" \
  "$(date -u -d "$(sed -n 1p "$csv" | cut -d, -f11 | tr -d '"')" +%FT%TZ) 7222 02122853348 45 http://pbx.example.com/SIP/7222-0000001a" \
  "$(grep ' 7222 ' "$taken")"
contains "seven digits without a 9" " 02122853349 " "$(<"$taken")"
contains "a source with a plus and a blank" " +58 7224 04142853350 " "$(<"$taken")"
replicate -full
same "-full goes back further" 5 "$(count)"
replicate -f
same "once more: nothing new" 5 "$(count)"
replicate -v
contains "-v: OK for each call" "-> 02122853348" "$(grep '^OK ' <<<"$OUT")"
same "as often as there are calls" 3 "$(grep -c '^OK ' <<<"$OUT")"

configuration "rewrite = none" "method = get"
replicate
contains "other rules, and GET" " 92853348 " "$(<"$taken")"

configuration "calldate_zone = local"
TZ=Asia/Tokyo replicate -full
contains "local time is converted" \
  "$(date -u -d "$(sed -n 1p "$csv" | cut -d, -f11 | tr -d '"') +0900" +%FT%TZ) 7222 02122853348" "$(<"$taken")"

# --- what is wrong, and is not sent again ---

configuration
{
  call 10 7222 92850404
  call 11 7222 92850400
  call 12 7222 92850500
  call 13 7222 92850501
  call 14 7222 92850502
  call 15 '' 92853348
  say '"","7222","92853348","from'
  call 16 7222 92853360
} >"$csv"
replicate -verbose
same "some are rejected: 1" 1 "$STATUS"
contains "the rest is not" " 02122853360 " "$(<"$taken")"
contains "500 once: sent again" " 02122850501 " "$(<"$taken")"
contains "a connection that ended: sent again" " 02122850502 " "$(<"$taken")"
contains "the reason is callboard's" "destination: no se consiguió" "$ERR"
contains "an example is given" "7222 -> 02122850404" "$ERR"
contains "no source" "source: is missing" "$ERR"
contains "status 400" "status 400" "$ERR"
contains "always 500" "status 500" "$ERR"
contains "a line that cannot be read" "Master.csv:7: a quote is never closed" "$ERR"
same "-verbose: ERROR for each" 5 "$(grep -c '^ERROR ' <<<"$OUT")"

# --- callboard is away for a while ---

calls 300 >"$csv"
: >"$taken"
for word in 503 429 drop; do
  say $word >"$trouble"
  rm "$work/err"
  "$phonecalls" -config "$work/phonecalls.conf" >"$work/out" 2>"$work/err" &
  pid=$!
  eventually 10 grep -qs 'is away' "$work/err"
  rm "$trouble"
  wait $pid
  same "$word for a while: 0" 0 $?
  contains "$word: it says when callboard is back" "callboard is back" "$(<"$work/err")"
done
same "each was recorded, once" 300 "$(count)"

configuration "" "patience = 2"
say 503 >"$trouble"
replicate
same "away for longer than the patience: 2" 2 "$STATUS"
contains "and why" "no call got through for 2 seconds" "$ERR"
say hang >"$trouble"
configuration "" "patience = 3
timeout = 1"
replicate
same "no answer at all: 2" 2 "$STATUS"
rm "$trouble"

# --- what will never work ends at once ---

for word in 403 404; do
  say $word >"$trouble"
  replicate
  same "$word: 2" 2 "$STATUS"
  contains "$word is named" "$word" "$ERR"
done
say html >"$trouble"
replicate
same "a page that is not callboard's: 1" 1 "$STATUS"
contains "and it is said" "not one of callboard's" "$ERR"
rm "$trouble"
(umask 077 && say other-secret >"$work/token")
replicate
same "a wrong token: 2" 2 "$STATUS"
not_ok "the token is shown nowhere" grep -r other-secret "$work/out" "$work/err"
chmod o+r "$work/token"
replicate
same "a token that everybody can read: 2" 2 "$STATUS"
contains "and what to do" "chmod o=" "$ERR"
(umask 077 && rm "$work/token" && say secret-of-a-token >"$work/token")

configuration "source = odbc
dsn = nowhere"
sed -i '/^source = csv/d' "$work/phonecalls.conf"
replicate
same "no such database: 2" 2 "$STATUS"
contains "and it is said" "cannot connect to the database" "$ERR"
rm "$csv"
configuration
replicate
same "no such file: 2" 2 "$STATUS"
contains "and its name" "$csv" "$ERR"
configuration "hour = 1"
replicate
same "a key that is unknown: 2" 2 "$STATUS"
contains "and the nearest" "hours" "$ERR"

# --- Ctrl-C ---

calls 200 >"$csv"
: >"$taken"
configuration "" "in_flight = 1"
say 503 >"$trouble"
rm "$work/err"
"$phonecalls" -config "$work/phonecalls.conf" >"$work/out" 2>"$work/err" &
pid=$!
eventually 10 grep -qs 'is away' "$work/err"
kill -TERM $pid
wait $pid
same "ended by a signal: 2" 2 $?
contains "and it says that nothing is lost" "run it again" "$(<"$work/err")"
rm "$trouble"
