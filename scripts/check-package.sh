# check-package.sh - ./check package: the Debian package from its build to its purge. Sourced by ./check.

check_package() {
  if [ "$(id -u)" != 0 ]; then
    fail "./check package has to be started as root: it makes a Debian in a directory, and starts servers in it"
    return
  fi
  if ! command -v debootstrap >/dev/null; then
    fail "./check package needs debootstrap"
    return
  fi
  package_place || return
  trap package_remove_place EXIT
  headline "Debian package"
  package_step "the source archive builds, installs and goes (make distcheck)" package_distcheck &&
    package_step "builds" package_build &&
    package_step "lintian finds no error" package_lint &&
    package_step "a Debian to try it in" package_root &&
    package_step "installs" package_install &&
    package_step "its configuration is root's and the group's" package_private &&
    package_scenario contract &&
    package_scenario accounts &&
    package_scenario spooled &&
    package_step "installs over itself" package_install &&
    package_step "its configuration is as it was" package_private &&
    package_scenario survived &&
    package_scenario contract &&
    package_step "purges" package_purge &&
    package_step "leaves nothing behind" package_gone &&
    package_on_systemd
}

# Where this cannot be done it is said, and counts as nothing.
package_on_systemd() {
  if ! package_boots; then
    say "LEFT OUT: the package on a machine that systemd runs. $package_reason"
    return
  fi
  package_scenario booted package_boot &&
    package_step "leaves nothing behind there" package_gone
}

# package_step WHAT COMMAND...
package_step() {
  local what=$1
  shift
  if "$@"; then
    pass "package: $what"
  else
    last_lines "$package_work/log" 40
    fail "package: $what"
    return 1
  fi
}

# package_scenario NAME [HOW]: its lines are counted.
package_scenario() {
  local output status good bad
  output=$("${2-package_try}" "$1" 2>&1)
  status=$?
  sed "s/^/  /" <<<"$output"
  good=$(grep -c '^ok - ' <<<"$output")
  bad=$(grep -c '^not ok - ' <<<"$output")
  passed=$((passed + good))
  [ $status = 0 ] && [ "$bad" = 0 ] && [ "$good" -gt 0 ] && return
  [ ! -s "$package_root/root/pool.log" ] || last_lines "$package_root/root/pool.log"
  fail "package: $1" $((bad > 0 ? bad : 1))
  return 1
}

package_lint() {
  local output
  if output=$(lintian --allow-root --fail-on error "$package_work"/callboard_*.changes 2>&1); then
    [ -z "$output" ] || say "$output"
  else
    say "$output" >>"$package_work/log"
    return 1
  fi
}

package_private() {
  [ "$(chroot "$package_root" stat -c '%a %U:%G' /etc/callboard/callboard.conf)" = "640 root:callboard" ]
}

package_gone() {
  local left
  left=$(package_left)
  [ -z "$left" ] || { say "$left" >>"$package_work/log" && return 1; }
}
