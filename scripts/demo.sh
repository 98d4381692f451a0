# demo.sh - what ./run --demo adds to an instance: a simulated PBX (demo-pbx), its people in the directory, and a login that the
# wallboard can be opened with. For instance.sh; nothing of it is made or started unless demo=yes.
#
#   demo_prepare          credentials and settings; after it demo_settings prints what goes into callboard.conf
#   demo_start            starts the PBX; server_stop demo stops it
#   demo_load             its people and groups, into the directory of the running instance
#   demo_wallboard        prints the address of the wallboard, with its login behind the #, and the token for past calls

demo=
demo_user_name=wallboard@callboard.test

demo_prepare() {
  [ -n "$demo" ] || return 0
  local line
  demo_port=28021
  while port_taken $demo_port; do demo_port=$((demo_port + 1)); done
  install -d -m 0750 -g "$service_group" "$dir/demo" || return
  [ -s "$dir/demo/pbx-password" ] || (umask 077 && openssl rand -hex 16 >"$dir/demo/pbx-password") || return

  # The same user may see the event stream and, for the pools of numbers, /status.
  if ! [ -s "$dir/demo/wallboard-password" ] || ! grep -q "^$demo_user_name:" "$dir/htpasswd"; then
    (umask 077 && "$build/callboard-passwd" "$dir/htpasswd" add "$demo_user_name" >"$dir/demo/wallboard-password") || return
  fi
  (umask 077 && say "$demo_user:$demo_password" >"$dir/demo/records-login") || return
  line=$(grep "^$demo_user_name:" "$dir/htpasswd") && say "$line" >"$dir/demo/htpasswd" &&
    for_the_servers "$dir/htpasswd" "$dir/demo/htpasswd" "$dir/demo/pbx-password"
}

demo_settings() {
  cat <<END
[freeswitch]
directory_domains = $demo_domain
directory_seconds = 5
commands = yes

[freeswitch.server.demo]
host = 127.0.0.1
port = $demo_port
password_file = $dir/demo/pbx-password

[events]
htpasswd = $dir/demo/htpasswd
administrators = $demo_user_name
commands = yes

[cdr]
freeswitch = no
calls = yes

[phonecalls]
contacts = create
END
}

demo_start() {
  [ -n "$demo" ] || return 0
  process_start "$dir/demo.pid" "$dir/log/demo.log" python3 -B "$root/scripts/demo-pbx" --port "$demo_port" \
    --domain "$demo_domain" --password-file "$dir/demo/pbx-password" --seed "${CALLBOARD_DEMO_SEED:-$RANDOM}" --speed "${CALLBOARD_DEMO_SPEED:-1}" \
    --records-url "http://127.0.0.1:$http_port/cdr/freeswitch" --records-login "$dir/demo/records-login"
  server_await demo port_taken "$demo_port" && return
  warn "The simulated PBX did not start. The end of $dir/log/demo.log:"
  last_lines "$dir/log/demo.log"
  return 1
}

# Once: what somebody has made of them since stays.
demo_load() {
  local at=$home/demo-answer
  demo_api GET /groups/support >"$at" 2>&1 || {
    python3 -B "$root/scripts/demo-pbx" --extensions |
      demo_api PUT /extensions -H 'Content-Type: application/x-ndjson' --data-binary @- >"$at" 2>&1 &&
      python3 -B "$root/scripts/demo-pbx" --group |
      demo_api PUT /groups/support -H 'Content-Type: application/json' --data-binary @- >"$at" 2>&1
  } || { cat "$at" >&2 && rm -f "$at" && return 1; }
  rm -f "$at"
}

# demo_api METHOD PATH [ARGUMENT-OF-CURL]...: below the demo's domain in the directory.
demo_api() {
  curl -sS --fail-with-body --max-time 10 --cacert "$certificate" -K <(say "user = \"$demo_user:$demo_password\"") \
    -X "$1" "https://127.0.0.1:$port/directory/$demo_domain$2" "${@:3}"
}

demo_wallboard() {
  say "http://127.0.0.1:$http_port/wallboard/#$demo_user_name:$(<"$dir/demo/wallboard-password")&records=$demo_token"
}

# What ./run says first of all.
demo_greeting() {
  [ -z "$demo" ] || printf '\nThe wallboard, with a simulated PBX behind it:\n\n  %s\n' "$(demo_wallboard)"
}
