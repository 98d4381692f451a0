# common.sh - where the project is and how its scripts speak. Sourced first by ./run, ./check and the tests.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)

# nginx is in /usr/sbin, which an ordinary user's PATH leaves out.
PATH=$PATH:/usr/sbin:/sbin

say() {
  printf '%s\n' "$*"
}

warn() {
  printf '%s\n' "$*" >&2
}

die() {
  warn "${0##*/}: $*"
  exit 1
}

# last_lines FILE [COUNT]: the end of a log, indented, for an error message.
last_lines() {
  tail -n "${2:-15}" "$1" | sed 's/^/    /' >&2
}
