# build.sh - building callboard, always outside of the source tree.

# build_tree TREE [ARGUMENT-OF-CONFIGURE]...: brings the programs in TREE up to date. Configures only a tree
# that is new; later changes of configure.ac and Makefile.am are make's to notice. The way from the tree to the
# sources is a relative one, so that the whole clone can be moved.
build_tree() {
  local tree=$1
  shift
  mkdir -p "$tree"
  build_steps "$tree" "$@" >"$tree/build.log" 2>&1 && return
  warn "The build in $tree failed. The end of $tree/build.log:"
  last_lines "$tree/build.log" 40
  return 1
}

build_steps() {
  local tree=$1
  shift
  if ! [ -x "$root/configure" ]; then
    (cd "$root" && autoreconf -fi) || return
  fi
  if ! [ -x "$tree/config.status" ]; then
    (cd "$tree" && "$(realpath --relative-to=. "$root")/configure" "$@") || return
  fi
  make -C "$tree" -j "$(nproc)"
}
