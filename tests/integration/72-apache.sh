#!/usr/bin/env bash
# 72-apache.sh - who may come in by Apache: its own check of passwords (mod_authn_file), in front of the pool, of a CGI program and
# of what mod_fcgid starts; and its mod_authnz_fcgi, which asks the pool, in the AUTHORIZER role, whether a password is right.
. "$(dirname "$0")/../lib.sh"
. "$root/tests/front_ends.sh"

password='correct horse battery'
passwd=$CALLBOARD_BUILD/callboard-passwd
file=$work/htpasswd
lookups=$work/htpasswd-lookups
"$passwd" "$file" add alice --ask <<<"$password"
"$passwd" "$file" add yescrypt --ask --yescrypt <<<"$password"
"$passwd" "$lookups" add switch --ask <<<"$password"
machine=$("$passwd" "$file" add machine --bcrypt)
htpasswd -i -B "$file" apache <<<"$password" 2>/dev/null
for_the_servers "$file" "$lookups"
mkdir "$work/bin" && cp "$CALLBOARD_BUILD/callboard.fcgi" "$work/bin/" && chmod 755 "$work" "$work/bin"
start_instance "[credentials]
htpasswd = $file"

page() {
  anonymous "${2:-GET}" "http://127.0.0.1:$free_port$1" "${@:3}"
}

# --- Apache checks, and callboard believes it (auth = webserver) ---

# checks NAME MODULE TEMPLATE: who comes in behind this template.
checks() {
  local name=$1
  apache "$name" auth_basic authn_file authz_user proxy "$2" < <(
    [ "$2" != cgid ] || say "ScriptSock $work/$name/cgid"
    template_fill "$root/apache/$3.conf.in" socket "$pool_socket" access_log "$work/access.log" \
      program "$work/bin/callboard.fcgi" config "$dir/callboard.conf"
    template_fill "$root/apache/callboard-auth-basic.conf.in" htpasswd "$file" htpasswd_freeswitch "$lookups"
  )
  page /status
  same "$name: no credentials" '401 Basic realm="callboard"' "$STATUS $(header WWW-Authenticate)"
  local user
  for user in alice yescrypt apache; do
    page /status GET --user "$user:$password"
    same "$name: $user, right" 200 "$STATUS"
    page /status GET --user "$user:$password."
    same "$name: $user, wrong" 401 "$STATUS"
  done
  page /cticache/DNIS-ANI POST --user "machine:$machine" -H 'Content-Type: application/json' -d '{"value":"1","ani":"1234567890"}'
  same "$name: a machine's random secret" 201 "$STATUS"
  page "$(header Location)" DELETE --user "machine:$machine"
  same "$name: comes in everywhere" 200 "$STATUS"
  page /status GET --user "nobody:$password"
  same "$name: nobody of this name" 401 "$STATUS"
  page /status GET -H 'Remote-User: alice' -H 'Remote_User: alice' -H 'X-Remote-User: alice'
  same "$name: no user by a header" 401 "$STATUS"
  looks_up "switch:$password" /directory
  same "$name: who has the lookups' file looks up" 200 "$STATUS"
  looks_up "alice:$password" /directory
  same "$name: and nobody else" 401 "$STATUS"
  page /directory/pbx.example.com/extensions GET --user "switch:$password"
  same "$name: nor he elsewhere" 401 "$STATUS"
  page "/direct/items/phonecalls/list?token=$CALLBOARD_TOKEN&from=2012-08-22&to=2012-08-25"
  same "$name: a token needs no password" 200 "$STATUS"
  page "/direct/items/phonecalls/list?token=wrong" GET --user "alice:$password"
  same "$name: nor does a password make up for one" 403 "$STATUS"
  local path
  for path in //status /./status /x/../status /%73tatus /status/ /status%2f /direct/../status /STATUS; do
    page "$path" GET --path-as-is
    contains "$name: no way around it by $path" " $STATUS " " 400 401 403 404 "
  done
  front_end_stop "$name"
}

looks_up() {
  page "$2" POST --user "$1" -d "section=directory&tag_name=domain&key_name=name&key_value=pbx.example.com" \
    -d "key=id&user=1000&domain=pbx.example.com"
}

checks proxy-fcgi proxy_fcgi callboard-proxy-fcgi
checks fcgid fcgid callboard-fcgid
checks cgid cgid callboard-cgid

# --- Apache asks: mod_authnz_fcgi, which knows TCP alone ---

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

page /private/page
same "no credentials: 401" 401 "$STATUS"
page /private/page GET --user "alice:$password"
same "the right password: 200" 200 "$STATUS"
same "and the page" "behind the password" "$BODY"
page /private/page GET --user "alice:wrong $password"
same "a wrong one: 401" 401 "$STATUS"
page /private/page GET --user "nobody:$password"
same "nobody of this name: 401" 401 "$STATUS"
page /private/page GET --header 'Remote-User: alice' --header "Remote-Passwd: $password"
same "headers make no user" 401 "$STATUS"
not_ok "no log has the password" grep -rF -e "$password" -e "$machine" "$dir/log" "$work" --include='*.log'
