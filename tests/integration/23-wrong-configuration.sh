#!/usr/bin/env bash
# 23-wrong-configuration.sh - on shared hosting (Apache, .htaccess, CGI): whatever the site's owner got wrong, a stranger sees that
# it does not work and nothing else, and the error log says what is wrong and where.
. "$(dirname "$0")/../lib.sh"
. "$root/tests/front_ends.sh"

chmod 755 "$work"
start_instance
passwords=$work/owner-htpasswd
secret=$("$CALLBOARD_BUILD/callboard-passwd" "$passwords" add me)
for_the_servers "$passwords"
file=$work/owner.conf

site=$work/htaccess/site
mkdir -p "$site"
cp "$CALLBOARD_BUILD/callboard.fcgi" "$site/callboard.cgi"
apache htaccess cgid rewrite < <(say "ScriptSock $work/htaccess/cgid
<Directory $site>
  Require all granted
  AllowOverride AuthConfig FileInfo Options
</Directory>")

# owner [SETTING]...: writes the owner's configuration, with these lines at its end, and .htaccess with those in $set.
set=
owner() {
  say "[callboard]
auth = htpasswd
[credentials]
htpasswd = $passwords
[redis]
address = unix:$redis_socket
[cticache.pool.default]
numbers = 5551234560" >"$file"
  [ $# = 0 ] || printf '%s\n' "$@" >>"$file"
  { template_fill "$root/apache/htaccess.in" config "$file" && say "$set"; } >"$site/.htaccess"
  chmod 644 "$file" "$site/.htaccess"
  chmod 755 "$site/callboard.cgi"
}

asks() {
  : >"$work/htaccess.log"
  anonymous GET "http://127.0.0.1:$free_port/cticache/DNIS-ANI/5551234560:1" --user "me:$secret"
}

# wrong WHAT STATUS LOG: a call is answered with STATUS, the log says LOG, and the answer none of it.
wrong() {
  asks
  same "$1: $2" "$2" "$STATUS"
  contains "the log says why" "$3" "$(<"$work/htaccess.log")"
  not_ok "a stranger is told nothing of it" grep -qiE "$work|owner|redis|adress|ttl|soon|127\.0\.0\.1:1|invalid" "$work/body"
  [ "$2" != 500 ] || contains "but whom to tell" "error log" "$BODY"
}

owner
asks
same "without a mistake it works" 404 "$STATUS"

rm "$file"
wrong "no configuration" 500 "cannot read $file: No such file or directory"
owner && chmod 600 "$file" && chown 0 "$file"
[ -z "$service_user" ] || wrong "one that may not be read" 500 "cannot read $file: Permission denied"
owner "[redis]" "adress = x"
wrong "an unknown key" 500 "owner.conf:10: unknown key adress in section [redis]; the nearest known is address"
owner "[cticache]" "ttl = soon"
wrong "a value that is none" 500 'owner.conf:10: ttl must be a whole number'
owner "What is this?"
wrong "a line that is none" 500 "owner.conf:9: neither a [section] nor a key = value"
sed -i 1i'auth = htpasswd' "$file"
wrong "a key above all sections" 500 "owner.conf:1: key auth stands above the first [section]"
owner "[redis]" "password_file = $work/nothing"
wrong "no file with Redis' password" 500 "cannot read $work/nothing"
owner "[credentials]"
sed -i "s|^htpasswd = .*|htpasswd = $work/nothing|" "$file"
wrong "no file of users: nobody gets in" 401 "cannot read $work/nothing: No such file or directory; nobody is let in by it"
owner
sed -i '/^auth = /d' "$file"
wrong "nobody checks passwords: nobody gets in" 401 "should it be auth = htpasswd?"
owner
sed -i 's|^address = .*|address = redis://127.0.0.1:1|' "$file"
wrong "Redis is elsewhere" 503 "Redis at 127.0.0.1 port 1, database 0 is away: Connection refused"
owner
sed -i 's|^address = .*|address = redis://no.such.host.invalid:6379|' "$file"
wrong "Redis has no such name" 503 "Redis at no.such.host.invalid port 6379, database 0 is away"
set='SetEnv CALLBOARD_CONF_CTICACHE_TTL soon' owner
wrong "a value in .htaccess" 500 "environment variable CALLBOARD_CONF_CTICACHE_TTL: ttl must be a whole number"
set='SetEnv CALLBOARD_CONF_REDIS_ADRESS x' owner
wrong "an option in .htaccess that is none" 500 \
  "unknown environment variable CALLBOARD_CONF_REDIS_ADRESS; the nearest known is CALLBOARD_CONF_REDIS_ADDRESS"
owner
chmod 644 "$site/callboard.cgi"
wrong "a program that may not be run" 500 "exec of '$site/callboard.cgi' failed"

not_ok "no log has the password" grep -rF "$secret" "$work" --include='*.log'
