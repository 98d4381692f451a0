# 71-pam.sh - the system's accounts through PAM, with libpam-wrapper in place of /etc/pam.d: good, bad, expired and locked
# accounts, and a helper that is killed under load.
. "$(dirname "$0")/../lib.sh"
. "$root/tests/front_ends.sh"

# libpam-wrapper and AddressSanitizer both want to be in front of libc: with the second, the first does nothing.
if ldd "$CALLBOARD_BUILD/callboard.fcgi" | grep -q libasan; then
  say "# not with sanitizers"
  exit
fi

module=$(find /usr/lib -name pam_matrix.so -path '*pam_wrapper*' | head -n 1)
# A module that ends its process, as one does that is at odds with its own configuration.
cc -shared -fPIC -o "$work/pam_leaves.so" -x c - <<'END'
#include <stdlib.h>
int pam_sm_authenticate(void *pam, int flags, int count, const char **words)
{
    (void)pam, (void)flags;
    exit(count == 1 ? atoi(words[0]) : 2);
}
END
mkdir "$work/services"
say "auth    [success=ignore default=1] pam_succeed_if.so quiet user = locked
auth    requisite pam_debug.so auth=maxtries
auth    [success=ignore default=1] pam_succeed_if.so quiet user = broken
auth    requisite pam_debug.so auth=authinfo_unavail
auth    required $module passdb=$work/accounts
auth    [success=ignore default=1] pam_succeed_if.so quiet user = left0
auth    requisite $work/pam_leaves.so 0
auth    [success=ignore default=1] pam_succeed_if.so quiet user = left1
auth    requisite $work/pam_leaves.so 1
account [success=ignore default=1] pam_succeed_if.so quiet user = expired
account requisite pam_debug.so acct=acct_expired
account [success=ignore default=1] pam_succeed_if.so quiet user = old
account requisite pam_debug.so acct=new_authtok_reqd
account [success=ignore default=1] pam_succeed_if.so quiet user = forbidden
account requisite pam_debug.so acct=perm_denied
account required pam_permit.so" >"$work/services/callboard"
for user in good left0 left1 locked broken expired old forbidden; do
  say "$user:correct horse battery:callboard"
done >"$work/accounts"
password='correct horse battery'

# Only the pool is to have the wrapper.
start_instance
say "[auth]
auth = pam

[status]
auth = pam" >"$home/settings.conf"
stop_instance
mkdir "$work/bin"
say "#!/bin/sh
export LD_PRELOAD=libpam_wrapper.so PAM_WRAPPER=1 PAM_WRAPPER_SERVICE_DIR='$work/services'
exec '$CALLBOARD_BUILD/callboard.fcgi' \"\$@\"" >"$work/bin/callboard.fcgi"
ln -s "$CALLBOARD_BUILD/callboard-passwd" "$CALLBOARD_BUILD/callboard-events" "$work/bin/"
chmod 755 "$work/bin/callboard.fcgi"
build=$work/bin
instance_start_or_exit
nginx_auth pool

user_gets() {
  anonymous GET /status --user "$1:$2"
  say "$STATUS"
}

same "good account, right password" 200 "$(user_gets good "$password")"
same "good account, wrong password" 401 "$(user_gets good "wrong $password")"
wrong=$(<"$work/body")
for user in locked expired old forbidden nobody; do
  same "$user, right password" 401 "$(user_gets $user "$password")"
  same "$user: the answer says no more than for a wrong password" "$wrong" "$(<"$work/body")"
done
same "PAM cannot find out: 503" 503 "$(user_gets broken "$password")"
contains "which the log tells" "cannot retrieve" "$(<"$dir/log/pool.log")"

same "a module that ends its process with 0 lets nobody in" 503 "$(user_gets left0 "$password")"
same "nor is one that ends it with 1 a no" 503 "$(user_gets left1 "$password")"

keeper=$(pgrep -P "$(server_id pool)" -x callboard-pam)
if [ "$(id -u)" = 0 ]; then
  same "the helper is root" root "$(ps -o user= -p "$(pgrep -P "$keeper")")"
  not_ok "and nobody else is" pgrep -P "$(server_id pool)" -u root -x callboard.fcgi
fi
not_ok "the helper has no listening socket" grep -q " $pool_socket" <(for fd in /proc/"$keeper"/fd/*; do
  readlink "$fd" | sed -n 's/socket:\[\(.*\)\]/\1/p'
done | grep -wf - /proc/net/unix)

# Many at once, of whom each is asked for; the helper is killed three times meanwhile.
for number in $(seq 1 40); do
  say "many$number:$password:callboard"
done >>"$work/accounts"
calls() {
  local number
  for number in $(seq 1 40); do
    curl -s -o /dev/null -w '%{http_code}\n' --cacert "$CALLBOARD_CA" --user "many$number:$password" "$CALLBOARD_URL/status" &
  done
  wait
}
calls >"$work/statuses" &
for _ in 1 2 3; do
  sleep 0.1
  eventually 5 pgrep -P "$keeper" >/dev/null && kill -KILL "$(pgrep -P "$keeper")"
done
wait $!
ok "calls during that are answered" test "$(wc -l <"$work/statuses")" = 40
same "with a yes, or with a 503 to try again" "" "$(grep -vE '^(200|503)$' "$work/statuses" | sort | uniq -c)"
ok "the helper is there again" eventually 10 pgrep -P "$keeper"
again() { [ "$(user_gets many40 "$password")" = 200 ]; }
ok "and answers" eventually 10 again

stop_instance
gone() { ! kill -0 "$keeper" 2>/dev/null || grep -q '^State:.Z' "/proc/$keeper/status"; }
ok "keeper and helper end with the pool" eventually 10 gone
not_ok "no log has a password" grep -rF "$password" "$dir/log"
