# package-machine.sh - the root that scripts/package.sh has made, started as a machine: systemd is its first process.
#
#   package_boots        whether this machine lets that be done; if not, $package_reason says why
#   package_boot NAME    starts it, lets it run tests/package/NAME when all is up, prints what that prints, and switches it off;
#                        fails when NAME did
#
# Needs root. The started machine has a network, a mount namespace and control groups of its own, and cannot write to the
# kernel's settings: nothing of the machine that it runs on changes.

package_boots() {
  package_boot nothing >>"$package_work/log" 2>&1 && return
  package_reason="systemd does not start here: $(tail -n 1 "$package_work/boot.log")"
  return 1
}

package_boot() {
  local status cgroup
  package_tests && package_boot_unit "$1" && : >"$package_root/packages/output" || return
  timeout --kill-after=10 600 unshare --mount --fork --kill-child bash -c \
    '. "$1/scripts/common.sh" && . "$1/scripts/package-machine.sh" && package_work=$2 && package_machine' \
    bash "$root" "$package_work" >"$package_work/boot.log" 2>&1 </dev/null
  status=$?
  for cgroup in $(package_cgroups); do
    [ ! -d "$cgroup" ] || find "$cgroup" -depth -type d -exec rmdir {} \;
  done
  cat "$package_root/packages/output"
  return $status
}

# What is started there: the test, when all else is up. Its end is the machine's, with the same status.
package_boot_unit() {
  cat >"$package_root/etc/systemd/system/package-test.service" <<END
[Unit]
Description=tests/package/$1
Wants=multi-user.target
After=multi-user.target
SuccessAction=exit
FailureAction=exit

[Service]
Type=oneshot
ExecStart=/bin/bash /packages/tests/$1
Environment=HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive
StandardOutput=append:/packages/output
StandardError=inherit
END
}

# Becomes the machine. What systemd-nspawn notes on its way goes to a /run that ends with it.
package_machine() {
  local cgroup cgroups
  mount -t tmpfs tmpfs /run || return
  ! mountpoint -q "$package_work/root/proc" || umount "$package_work/root/proc" || return # else it would not get one of its own
  cgroups=$(package_cgroups)
  for cgroup in $cgroups; do
    mkdir "$cgroup" && echo $$ >"$cgroup/cgroup.procs" || return
  done
  export SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1
  exec systemd-nspawn --quiet --register=no --keep-unit --private-network --resolv-conf=off --timezone=off --link-journal=no \
    --console=pipe --machine=callboard --directory="$package_work/root" --boot -- --unit=package-test.service
}

# The control groups for it, one a line: below that of this shell, in each hierarchy that systemd looks at.
package_cgroups() {
  local number controllers path mounted
  while IFS=: read -r number controllers path; do
    case $number:$controllers in
      0:) mounted=$(findmnt --noheadings --first-only --output TARGET --types cgroup2) ;;
      *:name=systemd) mounted=$(findmnt --noheadings --first-only --output TARGET --types cgroup --options name=systemd) ;;
      *) continue ;;
    esac
    say "$mounted${path%/}/${package_work##*/}"
  done </proc/$$/cgroup
}
