# package.sh - the Debian package: built, and tried in a Debian of its own that is made for it and thrown away.
#
#   package_place             makes $package_work, where all of it happens
#   package_distcheck         make distcheck, of a copy of the sources
#   package_build             $package_work/*.deb, from a copy of the sources
#   package_root              $package_work/root: the machine's Debian, from its mirror, with nginx and Redis
#   package_install           into that root: the first time, or over itself
#   package_try NAME          runs debian/tests/NAME or tests/package/NAME there, see tests/package/servers, with nothing
#                             of the network but a loopback interface of its own; whatever was started ends with it
#   package_purge             removes the package with what it keeps
#   package_left              what is left of it then, one a line
#   package_remove_place
#
# Needs root. Each logs to $package_work/log.

packages_package=(
  build-essential debhelper debootstrap dpkg-dev fakeroot lintian systemd-container
)

package_place() {
  package_work=$(mktemp -d /var/tmp/callboard-package-XXXXXX) && package_root=$package_work/root
}

package_remove_place() {
  [ ! -d "$package_root/proc/self" ] || umount "$package_root/proc"
  rm -rf --one-file-system "$package_work"
}

# package_copy NAME: the sources, as $package_work/NAME.
package_copy() {
  mkdir "$package_work/$1" && package_sources | tar -C "$root" --null -T - -cf - | tar -C "$package_work/$1" -xf -
}

package_distcheck() {
  package_copy archive &&
    (cd "$package_work/archive" && autoreconf -fi && mkdir build && cd build && ../configure && make -j "$(nproc)" distcheck)
} >>"$package_work/log" 2>&1

package_build() {
  package_copy callboard &&
    (cd "$package_work/callboard" && DEB_BUILD_OPTIONS="nocheck parallel=$(nproc)" dpkg-buildpackage -us -uc -b)
} >>"$package_work/log" 2>&1

# The files of the clone, NUL-separated: what git knows or would add; of a source archive, all.
package_sources() {
  if git -C "$root" rev-parse >/dev/null 2>&1; then
    git -C "$root" ls-files -z --cached --others --exclude-standard --deduplicate
  else
    (cd "$root" && find . -path './build*' -prune -o -type f -print0)
  fi
}

package_root() {
  local mirror codename
  codename=$(. /etc/os-release && say "$VERSION_CODENAME")
  mirror=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' |
    awk -v release="$codename" '$2 == release && $3 == "main" { print $1; exit }')
  debootstrap --variant=minbase \
    --include=ca-certificates,curl,logrotate,nginx-light,procps,python3,redis-server,redis-tools,systemd-sysv \
    "$codename" "$package_root" "$mirror" && rm -f "$package_root/etc/resolv.conf" &&
    cp /etc/resolv.conf "$package_root/etc/" &&
    printf '#!/bin/sh\nexit 101\n' >"$package_root/usr/sbin/policy-rc.d" &&
    chmod 755 "$package_root/usr/sbin/policy-rc.d" &&
    mount -t proc proc "$package_root/proc"
} >>"$package_work/log" 2>&1

package_install() {
  mkdir -p "$package_root/packages" && cp "$package_work"/callboard_*.deb "$package_root/packages/" &&
    in_root sh -c 'apt-get -q install -y --reinstall --no-install-recommends /packages/callboard_*.deb'
} >>"$package_work/log" 2>&1

package_purge() {
  in_root apt-get -q purge -y callboard
} >>"$package_work/log" 2>&1

package_left() {
  find "$package_root" -xdev -path "$package_root/packages" -prune -o -path "$package_root/root" -prune -o \
    \( -path "$package_root/var/lib/apt" -o -path "$package_root/var/log/apt" \) -prune -o \
    -iname '*callboard*' -print
}

in_root() {
  env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOME=/root DEBIAN_FRONTEND=noninteractive \
    ${http_proxy:+http_proxy="$http_proxy"} chroot "$package_root" "$@"
}

# The files of tests/package and debian/tests are at hand there, below /packages/tests.
package_tests() {
  mkdir -p "$package_root/packages/tests" &&
    cp "$root"/tests/package/* "$root"/debian/tests/contract "$package_root/packages/tests/"
}

package_try() {
  package_tests &&
    unshare --net --pid --mount --fork --kill-child env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOME=/root \
      sh -c 'ip link set lo up && mount -t proc proc "$1/proc" && cd / && exec chroot "$1" \
        bash /packages/tests/servers "/packages/tests/$2"' sh "$package_root" "$1"
}
