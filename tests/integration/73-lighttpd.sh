#!/usr/bin/env bash
# 73-lighttpd.sh - lighttpd asks the pool, in the AUTHORIZER role, whether a password is right.
. "$(dirname "$0")/../lib.sh"
. "$root/tests/front_ends.sh"

password='correct horse battery'
file=$work/htpasswd
"$CALLBOARD_BUILD/callboard-passwd" "$file" add alice --ask <<<"$password"
lookups=$work/htpasswd-lookups
"$CALLBOARD_BUILD/callboard-passwd" "$lookups" add switch --ask <<<"$password"
for_the_servers "$file" "$lookups"
chmod 755 "$work"
start_instance "[directory]
htpasswd = $lookups

[credentials]
htpasswd = $file"

site=$work/lighttpd/site
mkdir -p "$site/private/lookups"
say "of the lookups" >"$site/private/lookups/page"
say "behind the password" >"$site/private/page"
say "nobody asks" >"$site/page"
say "printf 'Content-Type: text/plain\n\n%s' \"\$REMOTE_USER\"" >"$site/private/who.cgi"
lighttpd lighttpd < <(say 'server.modules += ("mod_cgi", "mod_setenv")
$HTTP["url"] =^ "/private/lookups/" { setenv.set-environment = ("CALLBOARD_GROUP" => "directory") }
cgi.assign = (".cgi" => "/bin/sh")' &&
  template_fill "$root/lighttpd/callboard-authorizer.conf.in" path /private socket "$pool_socket" docroot "$site")

page() {
  anonymous GET "http://127.0.0.1:$free_port/private/page" "$@"
}
anonymous GET "http://127.0.0.1:$free_port/page"
same "elsewhere nobody is asked" "200 nobody asks" "$STATUS $BODY"
page
same "no credentials: 401" 401 "$STATUS"
same "the browser will ask" 'Basic realm="callboard", charset="UTF-8"' "$(header WWW-Authenticate)"
for round in "worked out" remembered; do
  page --user "alice:$password"
  same "the right password, $round: 200" 200 "$STATUS"
  same "and the page" "behind the password" "$BODY"
  page --user "alice:wrong $password"
  same "a wrong one, $round: 401" 401 "$STATUS"
  not_ok "without the page" grep -q behind "$work/body"
done
anonymous GET "http://127.0.0.1:$free_port/private/who.cgi" --user "alice:$password"
same "a program behind it is told who" "200 alice" "$STATUS $BODY"
page --user "nobody:$password"
same "nobody of this name: 401" 401 "$STATUS"
page --header 'Remote-User: alice' --header "Remote-Passwd: $password"
same "headers make no user" 401 "$STATUS"

lookups_page() {
  anonymous GET "http://127.0.0.1:$free_port/private/lookups/page" --user "$1:$password"
}
lookups_page switch
same "a group's own file: who is in it gets in" "200 of the lookups" "$STATUS $BODY"
lookups_page alice
same "and nobody else" 401 "$STATUS"
page --user "switch:$password"
same "nor he elsewhere" 401 "$STATUS"

server_stop pool
page --user "alice:$password"
contains "without the pool nobody gets in" " $STATUS " " 500 502 503 "
not_ok "no log has the password" grep -rF "$password" "$dir/log" "$work/lighttpd.log"
