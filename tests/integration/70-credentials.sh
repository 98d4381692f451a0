# 70-credentials.sh - who may come in: callboard-passwd, hashes of other programs, nginx' auth_request, the pool's own
# check, wrong passwords, files that change under load, and secrets that must be nowhere.
. "$(dirname "$0")/../lib.sh"
. "$root/tests/front_ends.sh"

passwd=$CALLBOARD_BUILD/callboard-passwd
file=$work/htpasswd
password='correct horse: battery'

# --- callboard-passwd ---

secret=$("$passwd" "$file" add pbx1)
ok "a random secret has 160 bits" grep -qxE '[a-z2-7]{32}' <<<"$secret"
same "files have mode 0640" 640 "$(stat -c %a "$file")"
ok "a random secret is kept as {SSHA}" grep -q '^pbx1:{SSHA}' "$file"
ok "verify: right" "$passwd" "$file" verify pbx1 <<<"$secret"
not_ok "verify: wrong" "$passwd" "$file" verify pbx1 <<<"x$secret"
not_ok "verify: nobody of this name" "$passwd" "$file" verify pbx2 <<<"$secret"
"$passwd" "$file" add bcrypt --ask <<<"$password"
"$passwd" "$file" add yescrypt --ask --yescrypt <<<"$password"
ok "a person's password is kept as bcrypt" grep -q '^bcrypt:\$2b\$' "$file"
ok "or as yescrypt" grep -q '^yescrypt:\$y\$' "$file"
same "list" "bcrypt pbx1 yescrypt" "$("$passwd" "$file" list | tr '\n' ' ' | sed 's/ $//')"
not_ok "a secret on the command line is refused" "$passwd" "$file" add eve secret-of-eve
not_ok "a short one too" "$passwd" "$file" add eve --ask <<<short
not_ok "a name with a colon too" "$passwd" "$file" add a:b
ok "remove" "$passwd" "$file" remove pbx1
not_ok "remove what is not there" "$passwd" "$file" remove pbx1
token=$("$passwd" "$work/tokens" token add pbx1)
same "a token's name is found by the token" pbx1 "$("$passwd" "$work/tokens" token verify <<<"$token")"
not_ok "a token stands in no file" grep -r "$token" "$work/tokens"

# A terminal shows nothing of what is typed.
typed() {
  python3 - "$@" <<'END'
import os, pty, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[2], sys.argv[2:])
shown = b""
for asked, answer in enumerate(sys.argv[1].split("|"), 1):
    while shown.count(b": ") < asked:
        shown += os.read(terminal, 1000)
    os.write(terminal, answer.encode() + b"\n")
try:
    while chunk := os.read(terminal, 1000):
        shown += chunk
except OSError:
    pass
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
print(shown.decode().replace("\r", ""), end="")
sys.exit(status)
END
}
shown=$(typed "typed secret|typed secret" "$passwd" "$file" add typist --ask)
same "the terminal is asked twice, and shows nothing" $'Secret: \nThe same again: ' "$shown"
ok "what was typed counts" "$passwd" "$file" verify typist <<<"typed secret"
not_ok "two different ones do not" typed "typed secret|typed secreT" "$passwd" "$file" add typist2 --ask

# --- the pool checks: every kind of hash, as other programs write it ---

for kind in -m -s "-B -C 5"; do
  # shellcheck disable=SC2086 # two words
  htpasswd -i $kind "$file" "apache${kind%% *}" <<<"$password" 2>/dev/null
done
for kind in apr1 5 6; do
  say "openssl-$kind:$(openssl passwd -$kind -stdin <<<"$password")" >>"$file"
done
say "ssha:{SSHA}$(python3 -c 'import base64, hashlib, sys
print(base64.b64encode(hashlib.sha1(sys.argv[1].encode() + b"salt").digest() + b"salt").decode())' "$password")" >>"$file"
chgrp "$service_group" "$file" && chmod 640 "$file"

# Lookups of the directory have a file of their own. twin stands in both, with two passwords.
lookups=$work/htpasswd-lookups
"$passwd" "$file" add twin --ask <<<"$password"
"$passwd" "$lookups" add twin --ask <<<"lookups: $password"
"$passwd" "$lookups" add switch --ask --yescrypt <<<"$password"
for_the_servers "$file" "$lookups"

start_instance "[callboard]
auth = htpasswd
workers = 2

[directory]
auth = htpasswd
htpasswd = $lookups

[credentials]
htpasswd = $file"
chmod 755 "$work"

user_gets() {
  anonymous GET "$3" --user "$1:$2" "${@:4}"
  say "$STATUS"
}

looks_up() {
  anonymous POST /directory --user "$1:$2" -d "section=directory&tag_name=domain&key_name=name" \
    -d "key_value=pbx.example.com&key=id&user=1000&domain=pbx.example.com" "${@:3}"
  say "$STATUS"
}

# use_way WAY: with nginx asking, the pool's routes trust what nginx says.
use_way() {
  case $1 in
    pool) sed -i 's/^auth = .*/auth = htpasswd/' "$dir/callboard.conf" ;;
    request) sed -i 's/^auth = .*/auth = webserver/' "$dir/callboard.conf" ;;
  esac
  server_stop pool
  server_start pool
  nginx_auth "$1"
}

for way in pool request; do
  use_way $way
  for name in ssha apache-m apache-s apache-B openssl-apr1 openssl-5 openssl-6 bcrypt yescrypt; do
    same "$way: $name, right" 200 "$(user_gets $name "$password" /status)"
    same "$way: $name, wrong" 401 "$(user_gets $name "$password." /status)"
  done
  anonymous GET /status
  same "$way: no credentials" 401 "$STATUS"
  same "$way: asks for basic auth" 'Basic realm="callboard", charset="UTF-8"' "$(header WWW-Authenticate)"
  same "$way: nobody of this name" 401 "$(user_gets nobody "$password" /status)"
  known=$(user_gets bcrypt wrong /status && cat "$work/body")
  unknown=$(user_gets nobody wrong /status && cat "$work/body")
  same "$way: unknown user and wrong password get the same answer" "$known" "$unknown"
  for header in 'Remote-User: bcrypt' 'Remote_User: bcrypt' 'X-Remote-User: bcrypt' 'Remote-Passwd: x'; do
    anonymous GET /status --header "$header"
    same "$way: no user by a header $header" 401 "$STATUS"
  done
  http POST /cticache/DNIS-ANI --user "openssl-6:$password" -H 'Content-Type: application/json' \
    --data '{"value":"1","ani":"1234567890"}'
  same "$way: POST with a body" 201 "$STATUS"
  http DELETE "$(header Location)" --user "openssl-6:$password"
  same "$way: DELETE" 200 "$STATUS"
  same "$way: no group by a header" 401 "$(looks_up openssl-5 "$password" -H 'Callboard-Group: callboard')"
  for round in "worked out" remembered; do
    same "$way, $round: who has the lookups' file looks up" 200 "$(looks_up switch "$password")"
    same "$way, $round: and does nothing else" 401 "$(user_gets switch "$password" /status)"
    same "$way, $round: nor in the directory's API" 401 "$(user_gets switch "$password" /directory/extensions)"
    same "$way, $round: who has the common file does not look up" 401 "$(looks_up bcrypt "$password")"
    same "$way, $round: one name in both: the common password" 200 "$(user_gets twin "$password" /status)"
    same "$way, $round: is wrong for lookups" 401 "$(looks_up twin "$password")"
    same "$way, $round: one name in both: the lookups' password" 200 "$(looks_up twin "lookups: $password")"
    same "$way, $round: is wrong elsewhere" 401 "$(user_gets twin "lookups: $password" /status)"
  done
done
sed -i 's/callboard_group directory;/callboard_group nonsense;/' "$dir/nginx/snippets/callboard-locations.conf"
server_stop nginx && server_start nginx
same "on behalf of a group that is none, nobody gets in" 503 "$(looks_up switch "$password")"
ok "and the log says why" grep -q 'CALLBOARD_GROUP, which the web server sets, names no group' "$dir/log/pool.log"
same "/auth is nobody's from outside" 404 "$(user_gets bcrypt "$password" /auth)"

# --- wrong passwords ---

slowed() {
  local i
  for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
    user_gets "$1" "wrong-$i" /status
  done | sort | uniq -c | tr -s ' '
}
contains "auth_request: one who guesses is slowed down" " 429" "$(slowed apache-s)"
user_gets apache-s wrong /status >/dev/null
same "and told when to try again" 10 "$(header Retry-After)"
contains "in JSON" "too many" "$(json error)"
use_way pool
contains "the pool: one who guesses is slowed down" " 429" "$(slowed typist)"

# 10,000 wrong ones for one user from one address; a right one gets in meanwhile, known or from elsewhere.
"$passwd" "$file" add victim --ask <<<"$password"
admitted() { [ "$(user_gets "$1" "$2" /status)" = "$3" ]; }
ok "somebody new gets in" eventually 5 admitted victim "$password" 200
background guesser python3 "$root/tests/guess.py" "$CALLBOARD_HTTP_URL/status" victim 10000
eventually 10 [ -s "$work/guesser.log" ]
statuses=
for _ in 1 2 3 4 5 6 7 8; do
  statuses+=$(user_gets victim "$password" /status)' '
done
same "while somebody guesses, the right password gets in" "200 200 200 200 200 200 200 200 " "$statuses"
same "also from another address" 200 "$(user_gets victim "$password" "$CALLBOARD_HTTP_URL/status" --interface 127.0.0.2)"
same "also one that was never seen before" 200 \
  "$(user_gets yescrypt "$password" "$CALLBOARD_HTTP_URL/status" --interface 127.0.0.3)"
eventually 60 grep -q '^done' "$work/guesser.log"
contains "10,000 wrong ones: none got in" "10000 wrong, 0 right" "$(tail -n 1 "$work/guesser.log")"

# --- a file that changes under load ---

background load python3 "$root/tests/guess.py" --steady "$CALLBOARD_HTTP_URL/status" bcrypt "$password"
eventually 10 [ -s "$work/load.log" ]
"$passwd" "$file" add newcomer --ask <<<"$password"
ok "somebody new gets in" eventually 5 admitted newcomer "$password" 200
"$passwd" "$file" add newcomer --ask <<<"another $password"
ok "a changed password ends the old one, remembered or not" eventually 5 admitted newcomer "$password" 401
ok "and the new one counts" eventually 5 admitted newcomer "another $password" 200
"$passwd" "$file" remove newcomer
ok "who is removed gets in no more" eventually 5 admitted newcomer "another $password" 401
cp -p "$file" "$work/whole"
for _ in 1 2 3 4 5 6 7 8 9 10; do # as a program that writes in place, badly
  : >"$file"
  sleep 0.15
  head -c 40 "$work/whole" >"$file"
  sleep 0.15
  cat "$work/whole" >"$file"
  sleep 0.05
done
say "this is no line of such a file" >>"$file"
ok "a broken file is told to the log" eventually 5 grep -q 'is not NAME:HASH; what was read before stays' "$dir/log/pool.log"
same "and the old one stays" 200 "$(user_gets openssl-6 "$password" /status)"
not_ok "its content is not told" grep -q 'no line of such' "$dir/log/pool.log"
process_stop "$work/load.pid" TERM
contains "nobody was refused meanwhile" " 0 refused" "$(tail -n 1 "$work/load.log")"

# --- configuration ---

not_ok "auth = htpasswd without a file is refused" "$CALLBOARD_BUILD/callboard.fcgi" --check-config \
  --config <(say "[status]"; say "auth = htpasswd")
ok "a token that is no token: 403" test 403 = "$(user_gets x y "/direct/items/phonecalls/list?token=nonsense")"

# --- secrets are nowhere ---

for secret in "$password" "$secret" "$token" "$CALLBOARD_PASSWORD" wrong-3 guess-77 nonsense; do
  not_ok "no log has a secret" grep -rF -- "$secret" "$dir/log"
  not_ok "nor its base64" grep -rF -- "$(printf '%s' "$secret" | base64 | head -c 12)" "$dir/log"
done
not_ok "no log has a hash" grep -rE '\{SSHA\}|\$2[by]\$|\$y\$|\$6\$' "$dir/log"
for id in $(server_id pool) $(pgrep -P "$(server_id pool)") $(server_id nginx); do
  not_ok "no command line has a secret" grep -aqF -e "$password" -e "$CALLBOARD_PASSWORD" "/proc/$id/cmdline"
done
