# packages.sh - the Debian packages callboard needs, and how they get here.

packages_build=(
  gcc libc6-dev make autoconf automake pkg-config
  libfcgi-dev libhiredis-dev libjansson-dev libuv1-dev libinih-dev
  libcrypt-dev nettle-dev libpcre2-dev libpam0g-dev libcurl4-openssl-dev unixodbc-dev libcunit1-dev libexpat1-dev
  libwebsockets-dev
)
packages_run=(nginx redis-server redis-tools openssl curl)
packages_check=(nodejs apache2-bin apache2-utils libnss-wrapper libpam-wrapper clang clang-format python3 mandoc systemd wget)
packages_integration=(
  apache2 iproute2 libapache2-mod-fcgid lighttpd lighttpd-mod-openssl mariadb-server odbc-mariadb libsqliteodbc sqlite3
  chromium fonts-dejavu-core nodejs node-ws python3-yaml python3-jsonschema
)

# packages_missing PACKAGE...: those that are not installed, one a line.
packages_missing() {
  local package installed
  installed=$(dpkg-query --show --showformat '${Package} ${db:Status-Status}\n' "$@" 2>/dev/null)
  for package in "$@"; do
    grep -qxF "$package installed" <<<"$installed" || say "$package"
  done
}

# packages_install PACKAGE...: installs what is missing. Touches nothing, and no network, when nothing is.
packages_install() {
  local missing installer=()
  command -v dpkg-query >/dev/null || return 0 # not Debian: configure will say what it does not find
  mapfile -t missing < <(packages_missing "$@")
  [ ${#missing[@]} -gt 0 ] || return 0

  if [ "$(id -u)" != 0 ]; then
    installer=(sudo -n)
    if ! sudo -n true 2>/dev/null; then
      warn "Some packages are missing. Run this line as root, then start again:"
      warn
      warn "    apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
      return 1
    fi
  fi

  say "Installing ${missing[*]}"
  if ! "${installer[@]}" sh -c "$packages_script" sh "${missing[@]}" </dev/null; then
    warn "The packages could not be installed; apt-get's messages stand above."
    return 1
  fi
}

# Runs as root. The policy keeps Debian from starting its own nginx and Redis, which callboard does not use.
packages_script='
  policy=/usr/sbin/policy-rc.d
  if ! [ -e $policy ]; then
    trap "rm -f $policy" EXIT
    trap "exit 1" INT TERM HUP
    printf "#!/bin/sh\nexit 101\n" >$policy
    chmod 755 $policy
  fi
  export DEBIAN_FRONTEND=noninteractive
  apt-get -q update
  apt-get -q install -y --no-install-recommends "$@"
'
