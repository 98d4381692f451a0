#!/usr/bin/env bash
# 75-recipes.sh - the recipes of README.md, read out of it and run as they stand, each on a machine as its reader has it:
# namespaces of its own, in which the real file system can only be read, with an /etc, a /var, a /home and ports that
# are nobody else's. One thing is changed: where `make install` has put the programs and templates, see recipe below.
#
# Nothing of the real file system may ever be mounted below $work: it is removed at the end.

# The machine's writable places are in memory, $work among them, before anything else is done.
if [ "${1-}" = machine ]; then
  packages=$(dpkg-query --show --showformat '${Package}\n') # as long as /var is the real one
  for place in /run /var /home; do
    mount -t tmpfs -o mode=755 tmpfs "$place" || exit
  done
  mkdir /run/etc && cp -a /etc/. /run/etc/ && mount --bind /run/etc /etc || exit
  mount -o remount,bind,ro / || exit
  ! touch /usr/share/.callboard-test 2>/dev/null || exit
  export TMPDIR=/run
fi
. "$(dirname "$0")/../lib.sh"

if [ "${1-}" != machine ]; then
  if [ "$(id -u)" != 0 ]; then
    say "# Only root can make such a machine: left out."
    exit
  fi
  for machine in nginx apache lighttpd hosting plain; do
    timeout 100 unshare --mount --net --pid --fork --mount-proc --kill-child \
      env CALLBOARD_BUILD="$CALLBOARD_BUILD" bash "$0" machine "$machine" || failures=$((failures + 1))
  done
  exit
fi
machine=$2

# --- the machine ----------------------------------------------------------------------------------------

# shim NAME: a command of the machine that does, with standard input for a text, what the reader's would.
shim() {
  { say '#!/bin/bash' && cat; } >"$work/shims/$1"
  chmod 755 "$work/shims/$1"
}

machine_prepare() {
  installed=$work/installed
  ip link set lo up
  mkdir -p /var/log/nginx /var/log/apache2 /var/log/asterisk/cdr-csv /var/lib/nginx /var/lib/apache2 /var/www/html /var/tmp \
    /var/cache/lighttpd /var/spool /run/lock /etc/freeswitch/autoload_configs "$work/shims" "$work/redis"
  ln -s /run /var/run
  ln -s /run/lock /var/lock
  chmod 1777 /var/tmp
  install -d -o www-data -g www-data /var/log/lighttpd /var/cache/lighttpd/uploads
  say "127.0.0.1 localhost callboard.example.com redis.example.com" >/etc/hosts
  groupadd --system asterisk

  openssl req -x509 -nodes -days 2 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -subj /CN=callboard.example.com \
    -addext subjectAltName=DNS:callboard.example.com -keyout /etc/ssl/site.key -out /etc/ssl/site.pem 2>/dev/null
  export CURL_CA_BUNDLE=/etc/ssl/site.pem
  cat /etc/ssl/site.pem >>/etc/ssl/certs/ca-certificates.crt

  export PATH=$work/shims:$installed/usr/sbin:$installed/usr/bin:$PATH
  machine_shims
  build_shims
}

machine_shims() {
  shim sudo <<'END'
[ "$1" != -u ] || exec setpriv --reuid="$2" --regid="$2" --init-groups "${@:3}"
exec "$@"
END
  # The one service manager that a namespace has.
  shim systemctl <<END
action=\$1
shift
[ "\${1-}" != --now ] || shift
for service in "\${@:--}"; do
  case \$action-\$service in
    *-redis-server) redis-server --daemonize yes --dir "$work/redis" --logfile "$work/redis.log" ;;
    *-callboard.socket) ;; # callboard opens it itself
    *-callboard.service) setsid "$installed/usr/sbin/callboard.fcgi" --config /etc/callboard/callboard.conf </dev/null >"$work/callboard.log" 2>&1 &
      for try in {1..50}; do [ -S /run/callboard/callboard.sock ] && break; sleep 0.1; done ;;
    # As in contrib/systemd.
    *-callboard-events.service) setsid setpriv --reuid=callboard --regid=www-data --groups="\$(id -g callboard)" \\
        "$installed/usr/sbin/callboard-events" --config /etc/callboard/callboard.conf </dev/null >"$work/events.log" 2>&1 &
      for try in {1..50}; do [ -S /run/callboard/events.sock ] && break; sleep 0.1; done ;;
    reload-nginx) nginx -s reload ;;
    restart-lighttpd) kill "\$(cat /run/lighttpd.pid)" && sleep 0.5 && lighttpd -f /etc/lighttpd/lighttpd.conf ;;
    *-apache2) apache2ctl restart ;;
    daemon-reload-*) ;;
    try-restart-callboard) pkill -TERM -o -x callboard.fcgi && while pgrep -x callboard.fcgi >/dev/null; do sleep 0.1; done
      systemctl start callboard.service ;;
    try-restart-*) ;; # does not run yet
    *) echo "no service \$service" >&2 && exit 5 ;;
  esac
done
END
  # Programs that were configured with --sysconfdir=/etc look there by themselves.
  shim callboard.fcgi <<END
exec "$installed/usr/sbin/callboard.fcgi" --config /etc/callboard/callboard.conf "\$@"
END
  shim phonecalls <<END
exec "$installed/usr/bin/phonecalls" -config /etc/callboard/phonecalls.conf "\$@"
END
  # FreeSWITCH is not among Debian's packages; tests/integration/50-directory.sh asks as a real one does.
  shim fs_cli <<'END'
echo "+OK"
END
}

# The recipe's build has been made before this test, with another prefix: what the reader would install is looked up,
# and what "make install" puts into place goes below $installed.
build_shims() {
  mkdir "$work/clone" && cp -r "$root/scripts" "$work/clone/"
  say '#!/bin/bash
[ "$*" = "--prefix=/usr --sysconfdir=/etc" ]' >"$work/clone/configure"
  chmod 755 "$work/clone/configure"
  shim autoreconf <<'END'
[ "$*" = -fi ]
END
  shim make <<END
[ "\$*" != install ] || exec /usr/bin/make -C "$CALLBOARD_BUILD" install prefix=/usr DESTDIR="$installed"
END
  say "$packages" >"$work/packages"
  shim apt-get <<END
[ "\$1" = install ] || exit
for package in "\${@:2}"; do grep -qxF "\$package" "$work/packages" || { echo "no \$package"; exit 1; }; done
END
  shim systemd-sysusers <<END
exec /usr/bin/systemd-sysusers "$installed/usr/lib/sysusers.d/\$1"
END
  shim systemd-tmpfiles <<END
exec /usr/bin/systemd-tmpfiles "\$1" "$installed/usr/lib/tmpfiles.d/\$2"
END
}

# --- recipes --------------------------------------------------------------------------------------------

# recipe TITLE: all that is fenced as sh in README's section of this title, without the indentation of lists. The paths
# /usr/sbin/callboard... and /usr/share/callboard... lead to where this test has them installed.
recipe() {
  awk -v title="## $1" '
    /^## / { wanted = $0 == title }
    !wanted { next }
    /^ *```sh$/ { fenced = 1; indentation = index($0, "`") - 1; next }
    /^ *```$/ { fenced = 0; next }
    fenced { print substr($0, indentation + 1) }' "$root/README.md" |
    sed -E "s#(^|[ (|])(/usr/(sbin|share)/callboard)#\1$installed\2#g"
}

# follow TITLE [AS]...: runs a recipe, as AS... does; the text it prints is then in $work/followed.
follow() {
  recipe "$1" >"$work/recipe"
  ok "README has a recipe \"$1\"" test -s "$work/recipe"
  { say "set -eo pipefail" && cat "$work/recipe"; } >"$work/recipe.sh"
  chmod 755 "$work"
  if "${@:2}" bash "$work/recipe.sh" >"$work/followed" 2>&1; then
    pass "\"$1\" runs as written"
  else
    fail "\"$1\" runs as written" "$(tail -n 30 "$work/followed")"
  fi
}

# install_here: the recipe "Install".
install_here() {
  cd "$work/clone" && follow Install
  same "callboard has a user" /var/spool/callboard "$(getent passwd callboard | cut -d: -f6)"
  same "and a place for its sockets" "755 callboard" "$(stat -c '%a %U' /run/callboard)"
  same "and one for the spool" "700 callboard" "$(stat -c '%a %U' /var/spool/callboard)"
}

first_call_works() {
  local answer
  answer=$(tr -d '\r' <"$work/followed")
  ok "the first call: 201 Created" grep -qE '^HTTP/[0-9.]+ 201' <<<"$answer" # HTTP/2 has no words
  contains "with the number to transfer to" '{"dnis":"5551234560","ani":"1234567890","value":"12345678"}' "$answer"
  contains "and its place" "/cticache/DNIS-ANI/5551234560:1234567890" "$answer"
  not_ok "a stranger gets nothing" curl -sf https://callboard.example.com/cticache/DNIS-ANI/5551234560:1234567890
}

site_of_nginx() {
  rm -f /etc/nginx/sites-enabled/*
  sed -E 's|# (listen .*443 ssl)|\1|; s|server_name _;|server_name callboard.example.com; ssl_certificate /etc/ssl/site.pem; ssl_certificate_key /etc/ssl/site.key;|' \
    /etc/nginx/sites-available/default >/etc/nginx/sites-enabled/default
  say "a page of the site" >/var/www/html/page
  nginx
}

on_nginx() {
  install_here
  site_of_nginx
  follow "Behind your own nginx"
  cp "$work/followed" "$work/first"
  first_call_works
  same "the site's own pages are still there" "a page of the site" "$(curl -s https://callboard.example.com/page)"

  local before
  before=$(pgrep -o -x callboard.fcgi)
  follow "Services and upgrades"
  not_ok "another pool serves after it" test "$(pgrep -o -x callboard.fcgi)" = "$before"
  same "and does" 401 "$(curl -s -o /dev/null -w '%{http_code}' https://callboard.example.com/status)"
  same "with the data that was left" '{"value":"12345678"}' \
    "$(curl -s -u "$(sed -n 's/^pbx1 has the password /pbx1:/p' "$work/first")" https://callboard.example.com/cticache/DNIS-ANI/5551234560:1234567890)"

  screens
  switches
}

# The PBX owners' recipes, which go on where each of the web servers' ends.
switches() {
  follow "For a FreeSWITCH owner"
  freeswitch_asks
  asterisk_calls
  follow "For an Asterisk owner"
  contains "wget's answer" '{ "error": false, "contactId": 1, "phonecallId": 1 }' "$(<"$work/followed")"
  contains "phonecalls sends what is in Master.csv" OK "$(<"$work/followed")"
  same "that is then in Redis" "7223 02122853348" \
    "$(redis-cli hkeys "phonecalls:{$day}" | awk -F'|' '{ print $2, $3 }')"
}

screens() {
  local token
  follow "For screens: the event stream and the wallboard"
  contains "the gateway answers the domain" '{"connections":[],"more":false}' "$(<"$work/followed")"
  token=$(sed -n 's/^pbx.example.com has the token //p' "$work/followed")
  contains "and tells it what stands" '"message":"snapshot"' \
    "$(timeout 5 curl -sN -u "pbx.example.com:$token" https://callboard.example.com/events | head -n 1)"
  contains "and a page that would give commands" '"message":"ready"' \
    "$(AS_PAGE=1 timeout 20 node "$root/tests/events_client.js" "wss://callboard.example.com/events?element=server" "pbx.example.com:$token" listen 1000 2>&1)"
  contains "a stranger is told nothing" 401 "$(curl -s -o /dev/null -w '%{http_code}' https://callboard.example.com/events)"
  contains "the wallboard is there" wallboard.js "$(curl -s https://callboard.example.com/wallboard/)"
}

# What mod_xml_curl would ask, with the binding that the recipe has written.
freeswitch_asks() {
  local file=/etc/freeswitch/autoload_configs/xml_curl.conf.xml url credentials
  url=$(xml_parameter gateway-url <$file)
  credentials=$(xml_parameter gateway-credentials <$file)
  sed '1,/^\r$/d' "$root/tests/fixtures/freeswitch/xml_curl/register-sip_auth.request" >"$work/asked"
  contains "FreeSWITCH is told about the extension" 'name="password" value="s3cret"' \
    "$(curl -s -u "$credentials" --data-binary "@$work/asked" "$url")"
}

xml_parameter() {
  python3 -c '
import sys, xml.etree.ElementTree as tree
print(tree.parse(sys.stdin).find(".//param[@name=\"" + sys.argv[1] + "\"]").get("value"))' "$1"
}

# A call of an hour ago, as Asterisk writes it.
asterisk_calls() {
  local at
  at=$(date -u -d '1 hour ago' '+%Y-%m-%d %H:%M:%S')
  day=${at%% *}
  say "\"\",\"7223\",\"902122853348\",\"from-internal\",\"\"\"A\"\" <7223>\",\"SIP/7223-01\",\"SIP/trunk-02\",\"Dial\",\"x\",\"$at\",\"$at\",\"$at\",12,10,\"ANSWERED\",\"DOCUMENTATION\",\"1.1\",\"\"" \
    >/var/log/asterisk/cdr-csv/Master.csv
  chown -R callboard:asterisk /var/log/asterisk && chmod -R o= /var/log/asterisk
}

# A machine without systemd: what its section says, in the order in which it says it.
on_plain() {
  local start=$work/start
  cd "$work/clone" && recipe Install | grep -v systemd >"$work/build" &&
    bash -e "$work/build" >"$work/built" 2>&1 || fail "the build" "$(<"$work/built")"
  recipe "Without systemd" >"$work/plain"
  grep start-stop-daemon "$work/plain" >"$start"
  ok "user and directories are made" bash -c "grep -v start-stop-daemon '$work/plain' | bash -e"
  export CALLBOARD_CONFIG=/etc/callboard/callboard.conf # as if configured with --sysconfdir=/etc
  shim systemctl <<END
case "\$*" in
  enable*) redis-server --daemonize yes --dir "$work/redis" --logfile "$work/redis.log"
    sed -i '/^.callboard.$/a log = /var/log/callboard/callboard.log' /etc/callboard/callboard.conf
    bash -e "$start" && for try in {1..50}; do [ -S /run/callboard/callboard.sock ] && exit; sleep 0.1; done ;;
  "reload nginx") nginx -s reload ;;
esac
END
  site_of_nginx
  follow "Behind your own nginx"
  first_call_works
  same "the pool is nobody but callboard" callboard "$(ps -o user= -C callboard.fcgi | sort -u)"
  ok "it logs" grep -q master /var/log/callboard/callboard.log
  mv /var/log/callboard/callboard.log /var/log/callboard/callboard.log.1
  sed -n '/^\t*for pid/,/^\t*done/p' "$root/contrib/logrotate.d/callboard" >"$work/rotate"
  ok "logrotate tells it" bash -e "$work/rotate"
  ok "that it goes on in a new file" eventually 5 test -e /var/log/callboard/callboard.log
  ok "it is ended" bash -c "sed 's/--start --background --make-pidfile/--stop --retry 15/' '$start' | bash -e"
  not_ok "and gone" pgrep -x callboard.fcgi
}

on_apache() {
  install_here
  rm -f /etc/apache2/sites-enabled/*
  sed 's|/etc/ssl/certs/ssl-cert-snakeoil.pem|/etc/ssl/site.pem|; s|/etc/ssl/private/ssl-cert-snakeoil.key|/etc/ssl/site.key|' \
    /etc/apache2/sites-available/default-ssl.conf >/etc/apache2/sites-enabled/default-ssl.conf
  a2enmod -q ssl >/dev/null
  follow "Behind Apache"
  first_call_works
  screens
  switches
}

on_lighttpd() {
  install_here
  cat /etc/ssl/site.key /etc/ssl/site.pem >/etc/lighttpd/server.pem
  lighty-enable-mod ssl >/dev/null
  say "a page of the site" >/var/www/html/page
  lighttpd -f /etc/lighttpd/lighttpd.conf
  follow "Behind lighttpd"
  first_call_works
  same "the site's own pages are still there" "a page of the site" "$(curl -s https://callboard.example.com/page)"
  screens
  switches
}

# An account on a host whose Apache runs programs as the account's owner.
on_hosting() {
  install_here
  useradd --create-home --shell /bin/bash me
  mkdir /home/me/public_html && chown me: /home/me/public_html
  rm -f /etc/apache2/sites-enabled/*
  say 'Listen 443' >/etc/apache2/ports.conf
  sed -i 's/^export APACHE_RUN_\(USER\|GROUP\)=.*/export APACHE_RUN_\1=me/' /etc/apache2/envvars
  say '<VirtualHost *:443>
  ServerName callboard.example.com
  DocumentRoot /home/me/public_html
  SSLEngine on
  SSLCertificateFile /etc/ssl/site.pem
  SSLCertificateKeyFile /etc/ssl/site.key
  <Directory /home/me/public_html>
    AllowOverride All
    Require all granted
  </Directory>
</VirtualHost>' >/etc/apache2/sites-enabled/default-ssl.conf
  a2enmod -q ssl cgid rewrite env setenvif >/dev/null
  apache2ctl start
  printf 'port 6379\nbind 127.0.0.1\nrequirepass "the password of Redis"\ndir %s\ndaemonize yes\n' "$work/redis" >"$work/redis.conf"
  redis-server "$work/redis.conf" >"$work/redis.log"
  follow "On shared hosting" setpriv --reuid=me --regid=me --init-groups env HOME=/home/me USER=me
  first_call_works
  not_ok "the configuration is shown to nobody" curl -sf https://callboard.example.com/.htaccess

  mv /home/me/callboard.conf /home/me/elsewhere
  same "a wrong configuration: 500" 500 "$(curl -s -o "$work/body" -w '%{http_code}' https://callboard.example.com/status)"
  contains "sends the owner to the error log" "error log" "$(<"$work/body")"
  not_ok "tells a stranger nothing" grep -q home "$work/body"
  contains "where it stands" "cannot read /home/me/callboard.conf" "$(tail -n 3 /var/log/apache2/error.log)"
}

machine_prepare
"on_$machine"
