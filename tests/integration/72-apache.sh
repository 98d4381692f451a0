#!/usr/bin/env bash
# 72-apache.sh - Apache's mod_authnz_fcgi asks the pool, in the AUTHORIZER role, whether a password is right.
. "$(dirname "$0")/../lib.sh"
. "$root/tests/front_ends.sh"

password='correct horse battery'
file=$work/htpasswd
"$CALLBOARD_BUILD/callboard-passwd" "$file" add alice --ask <<<"$password"
chgrp "$service_group" "$file"
chmod 755 "$work"
start_instance "[credentials]
htpasswd = $file"

# mod_authnz_fcgi knows TCP alone.
free_ports
pool_port=$free_port
background pool "$CALLBOARD_BUILD/callboard.fcgi" --config "$dir/callboard.conf" --listen "127.0.0.1:$pool_port"
ok "a pool on TCP starts" eventually 10 port_taken "$pool_port"

mkdir -p "$work/apache/site/private"
say "behind the password" >"$work/apache/site/private/page"
apache apache authz_user auth_basic authnz_fcgi < <(say "AuthnzFcgiDefineProvider authn callboard fcgi://127.0.0.1:$pool_port/
<Location /private>
  AuthType Basic
  AuthName callboard
  AuthBasicProvider callboard
  Require valid-user
</Location>")

page() {
  anonymous GET "http://127.0.0.1:$free_port/private/page" "$@"
}
page
same "no credentials: 401" 401 "$STATUS"
page --user "alice:$password"
same "the right password: 200" 200 "$STATUS"
same "and the page" "behind the password" "$BODY"
page --user "alice:wrong $password"
same "a wrong one: 401" 401 "$STATUS"
page --user "nobody:$password"
same "nobody of this name: 401" 401 "$STATUS"
page --header 'Remote-User: alice' --header "Remote-Passwd: $password"
same "headers make no user" 401 "$STATUS"
not_ok "no log has the password" grep -rF "$password" "$dir/log" "$work/apache"
