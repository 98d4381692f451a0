# process.sh - processes that outlive the command that started them, each known by a file with its id.
# The file holds the time of birth too, so that an id the kernel gave to somebody else later is not ours.

# process_birth PID: when it was born, in the kernel's ticks; fails when it does not run, or is a zombie.
process_birth() {
  local status
  { read -r status <"/proc/$1/stat"; } 2>/dev/null || return
  read -ra status <<<"${status##*) }" # behind "pid (name) ", as a name may hold anything
  [ "${status[0]}" != Z ] && say "${status[19]}"
}

# process_start FILE LOG COMMAND...: starts COMMAND in a session of its own, out of reach of the terminal's
# Ctrl-C, and without the CALLBOARD_ variables of the caller, which the pool would take for configuration.
process_start() {
  local file=$1 log=$2
  shift 2
  (
    unset "${!CALLBOARD_@}"
    exec setsid "$@"
  ) </dev/null >>"$log" 2>&1 &
  disown
  say "$! $(process_birth $!)" >"$file"
}

# process_id FILE: its id, if it runs.
process_id() {
  local pid birth
  { read -r pid birth <"$1"; } 2>/dev/null || return
  [ -n "$birth" ] && [ "$birth" = "$(process_birth "$pid")" ] && say "$pid"
}

process_running() {
  process_id "$1" >/dev/null
}

# process_stop FILE SIGNAL: asks it to end and waits, 10 s at most. What is left then of its group is killed:
# itself, or the children of a process that died without them.
process_stop() {
  local pid birth tenths
  { read -r pid birth <"$1"; } 2>/dev/null || return 0
  if process_running "$1"; then
    kill -"$2" "$pid" 2>/dev/null
    kill -CONT "$pid" 2>/dev/null
    for ((tenths = 0; tenths < 100; tenths++)); do
      process_running "$1" || break
      sleep 0.1
    done
  fi
  if process_running "$1"; then
    warn "$(basename "$1" .pid) did not end within 10 s and is killed."
    kill -KILL -- "-$pid" 2>/dev/null
  elif ! process_birth "$pid" >/dev/null; then # else the id is somebody else's by now
    kill -KILL -- "-$pid" 2>/dev/null
  fi
  rm -f "$1"
}
