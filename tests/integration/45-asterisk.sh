# 45-asterisk.sh - Asterisk's cdr table in a real MariaDB, replicated into a real callboard: killed and interrupted half
# way, with Redis and the pool restarted meanwhile. In the end exactly the right calls are in Redis. SQLite in short.
. "$(dirname "$0")/../lib.sh"

phonecalls=$CALLBOARD_BUILD/phonecalls
database=$work/mariadb
socket=$database/socket

sql() {
  mariadb --no-defaults --socket="$socket" --user=root "$@"
}

# A MariaDB of the test's own: no network, and nobody's configuration.
start_mariadb() {
  install -d -m 0755 ${service_user:+-o "$service_user"} "$database" &&
    "${as_service_user[@]}" mariadb-install-db --no-defaults --datadir="$database/data" --skip-test-db \
      --auth-root-authentication-method=normal >"$work/install-db.log" 2>&1 &&
    background mariadb "${as_service_user[@]}" mariadbd --no-defaults --datadir="$database/data" \
      --socket="$socket" --pid-file="$database/pid" --skip-networking --innodb-buffer-pool-size=16M \
      --innodb-log-file-size=8M --skip-log-bin &&
    eventually 30 mariadb_answers
}

mariadb_answers() {
  sql -e 'DO 1' >/dev/null 2>&1
}

# make_calls: 10,000 rows for the table in rows.sql, and in expected what is to be in Redis of them. Among them are 700
# calls of one second, rows that stand twice, short destinations, and rows that are too old.
make_calls() {
  python3 - "$work" <<'END'
import datetime, random, sys
random.seed(45)
now = datetime.datetime.utcnow().replace(microsecond=0)
def row(when, src, dst):
    channel = f"SIP/{src}-{random.randrange(1 << 32):08x}"
    return (when.strftime("%Y-%m-%d %H:%M:%S"), src, dst, random.randrange(600), channel)
rows = []
burst = now - datetime.timedelta(days=3, hours=2)
for i in range(700):
    rows.append(row(burst, str(7000 + i % 100), f"9{2850000 + i}"))
while len(rows) < 9800:
    when = now - datetime.timedelta(seconds=random.randrange(3600, 300 * 86400))
    dst = random.choice(["9{:07d}", "{:07d}", "90414{:07d}", "0212{:07d}"]).format(random.randrange(2000000, 9999999))
    rows.append(row(when, str(random.randrange(7000, 7300)), dst))
expected = set()
for when, src, dst, *_ in rows:
    dst = dst[1:] if dst.startswith("9") else dst
    dst = "0212" + dst if len(dst) == 7 else dst
    expected.add(f"{when.replace(' ', 'T')}Z {src} {dst}")
rows += rows[1000:1050]                                                                          # twice
rows += [row(now - datetime.timedelta(days=1), "7001", str(7000 + i)) for i in range(100)]       # in the house
rows += [row(now - datetime.timedelta(days=400), "7001", f"9{2860000 + i}") for i in range(50)]  # too old
random.shuffle(rows)
with open(sys.argv[1] + "/rows.sql", "w") as out:
    for i in range(0, len(rows), 500):
        values = ",".join("('%s','%s','%s',%d,'%s')" % r for r in rows[i:i + 500])
        print(f"INSERT INTO cdr (calldate, src, dst, duration, channel) VALUES {values};", file=out)
with open(sys.argv[1] + "/expected", "w") as out:
    print(*sorted(expected), sep="\n", file=out)
END
}

# recorded: the calls in Redis, in the form of expected.
recorded() {
  local key
  for key in $(redis --raw KEYS 'phonecalls:{*}'); do
    redis --raw HKEYS "$key" | sed "s/^/${key//[!0-9-]/}T/"
  done | sed -E 's/^([^|]*)\|([^|]*)\|(.*)$/\1Z \2 \3/' | sort
}

forget() {
  redis FLUSHALL >/dev/null
}

configuration() {
  cat >"$work/phonecalls.conf" <<END
[asterisk]
${1-}
url_prefix = http://pbx.example.com/rec/

[callboard]
url = $CALLBOARD_URL
token_file = $work/token
ca = $CALLBOARD_CA
${2-}
END
}

mariadb_settings="dsn = Driver=MariaDB Unicode;Socket=$socket;Database=asterisk
user = phonecalls
password_file = $work/password
page = 300"

replicate() {
  "$phonecalls" -config "$work/phonecalls.conf" "$@" >"$work/out" 2>"$work/err"
  STATUS=$?
}

# begin: a full run in the background, until some thousand calls are done; its id is in pid.
begin() {
  rm -f "$work/out"
  "$phonecalls" -config "$work/phonecalls.conf" -full >"$work/out" 2>"$work/err" &
  pid=$!
  eventually 30 grep -qs '^2000 of' "$work/out"
}

# same_calls WHAT: passes when Redis has exactly the calls that it is to have.
same_calls() {
  recorded >"$work/recorded"
  ok "$1" diff -q "$work/expected" "$work/recorded"
}

start_instance '[phonecalls]
contacts = create'
(umask 077 && say "$CALLBOARD_TOKEN" >"$work/token" && say 'pass};word' >"$work/password")
make_calls
if ! start_mariadb; then
  fail "MariaDB starts" "$(tail -n 20 "$work/install-db.log" "$work/mariadb.log")"
  exit 1
fi
# As Asterisk's documentation has it.
sql -e "CREATE DATABASE asterisk; USE asterisk;
  CREATE TABLE cdr (calldate datetime NOT NULL default '1000-01-01 00:00:00', clid varchar(80) NOT NULL default '',
    src varchar(80) NOT NULL default '', dst varchar(80) NOT NULL default '', dcontext varchar(80) NOT NULL default '',
    channel varchar(80) NOT NULL default '', dstchannel varchar(80) NOT NULL default '',
    lastapp varchar(80) NOT NULL default '', lastdata varchar(80) NOT NULL default '',
    duration int(11) NOT NULL default '0', billsec int(11) NOT NULL default '0',
    disposition varchar(45) NOT NULL default '', amaflags int(11) NOT NULL default '0',
    accountcode varchar(20) NOT NULL default '', uniqueid varchar(32) NOT NULL default '',
    userfield varchar(255) NOT NULL default '', KEY calldate (calldate));
  CREATE USER phonecalls@localhost IDENTIFIED BY 'pass};word'; GRANT SELECT ON asterisk.cdr TO phonecalls@localhost;"
sql asterisk <"$work/rows.sql"
same "the table has 10,000 rows" 10000 "$(sql -N asterisk -e 'SELECT COUNT(*) FROM cdr')"
configuration "$mariadb_settings"

# --- killed half way, run again ---

begin
kill -KILL $pid
wait $pid 2>/dev/null
half=$(recorded | wc -l)
ok "killed half way: not all calls are there" test "$half" -lt "$(wc -l <"$work/expected")"
replicate -full
same "run again: 0" 0 "$STATUS"
contains "all rows of the window were sent" "9850 of 9850 calls done" "$(<"$work/out")"
same_calls "exactly the right calls are in Redis"
same "nothing on standard error" "" "$(<"$work/err")"
replicate -full
same "and once more: 0" 0 "$STATUS"
same_calls "nothing new"
one=$(head -n 1 "$work/expected")
anonymous GET "/direct/items/phonecalls/list?token=$CALLBOARD_TOKEN&from=$(date -u -d "${one%%T*} -1 day" +%F)&to=$(date -u -d "${one%%T*} +1 day" +%F)"
contains "the url is prefix and channel" "http://pbx.example.com/rec/SIP/7" "$BODY"

# --- Ctrl-C, run again ---

forget
begin
kill -INT $pid
wait $pid
same "Ctrl-C: 2" 2 $?
contains "and it says what to do" "run it again, no call is lost" "$(<"$work/err")"
replicate -full
same_calls "run again after Ctrl-C: exactly the right calls"

# --- Redis restarts meanwhile, then the pool ---

forget
begin
server_stop redis
eventually 20 grep -qs 'is away' "$work/err"
server_start redis
wait $pid
same "Redis restarted: 0" 0 $?
contains "and it was said" "callboard is back" "$(<"$work/err")"
same_calls "Redis restarted: exactly the right calls"

forget
begin
server_stop pool
eventually 20 grep -qs 'is away' "$work/err"
server_start pool
wait $pid
same "the pool restarted: 0" 0 $?
same_calls "the pool restarted: exactly the right calls"

# --- what is wrong ---

sql asterisk -e "INSERT INTO cdr (calldate, src, dst) VALUES (NOW() - INTERVAL 1 HOUR, '', '92850001')"
replicate
same "a call without a source: 1" 1 "$STATUS"
contains "and callboard's reason" "rejected 1: source: " "$(<"$work/err")"
not_ok "the token is shown nowhere" grep -q "$CALLBOARD_TOKEN" "$work/out" "$work/err"

(umask 077 && rm "$work/password" && say wrong-secret >"$work/password")
replicate
same "a wrong password for the database: 2" 2 "$STATUS"
contains "in the database's words" "Access denied" "$(<"$work/err")"
not_ok "the password is not shown" grep -q wrong-secret "$work/err"

configuration "$(sed 's/^page.*/table = cdr;DROP/' <<<"$mariadb_settings")"
replicate
contains "no table of this name" "cannot be the name of a table" "$(<"$work/err")"

# --- the same from SQLite ---

{
  say "CREATE TABLE cdr (calldate TEXT, src TEXT, dst TEXT, duration INTEGER, channel TEXT);"
  say "BEGIN;"
  cat "$work/rows.sql"
  say "COMMIT;"
} | sqlite3 "$work/cdr.sqlite"
forget
configuration "dsn = Driver=SQLite3;Database=$work/cdr.sqlite
page = 4000" "in_flight = 64"
replicate -full
same "SQLite: 0" 0 "$STATUS"
same_calls "SQLite: exactly the right calls"
