#!/usr/bin/env bash
# The wallboard: its files as the web server gives them, and, in a real browser, what a person sees.
. "$(dirname "$0")/../lib.sh"

start_instance

# --- the files ---

anonymous GET /wallboard
same "/wallboard leads to /wallboard/" "301 /wallboard/" "$STATUS $(header Location)"
anonymous GET /wallboard/
same "the page needs no password" 200 "$STATUS"
same "it is HTML" "text/html; charset=utf-8" "$(header Content-Type)"
contains "it may only use what comes from here" "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'" "$(header Content-Security-Policy)"
same "it is asked for anew each time" no-cache "$(header Cache-Control)"
not_ok "no script or style stands in the page itself" grep -qiE ' on[a-z]+=|style=|<style|<script>|javascript:' <<<"$BODY"
not_ok "nothing of other servers is asked for" grep -rqE '(src|href|url\(|from|import)[ =(]*["'\'']?(https?:)?//' "$root/web"
anonymous GET /wallboard/wallboard.js
contains "scripts are JavaScript" javascript "$(header Content-Type)"
etag=$(header ETag)
anonymous GET /wallboard/wallboard.js -H "If-None-Match: $etag"
same "an unchanged file is not sent again" 304 "$STATUS"
missing=
while read -r file; do
  anonymous GET "/wallboard/$file"
  [ "$STATUS" = 200 ] || missing+=" $file"
done < <(cd "$root/web" && grep -ohE "[a-z_]+\.js'|icons/[a-z]+\.svg" ./*.js ./*.css ./*.html | tr -d "'" | sort -u)
same "every file that the page asks for is there" "" "$missing"
for path in nothing.js package.json ../htpasswd icons/; do
  anonymous GET "/wallboard/$path" --path-as-is
  ok "/wallboard/$path is not" test "$STATUS" = 404 -o "$STATUS" = 403
done

# --- the page, in a browser ---

# in_browser PROGRAM ARGUMENT...: what it prints are tests.
in_browser() {
  node "$root/tests/wallboard/$1.mjs" "${@:2}" >"$work/$1.log" 2>&1 || fail "$1.mjs gets to its end"
  failures=$((failures + $(grep -c '^not ok ' "$work/$1.log")))
  cat "$work/$1.log"
}

# The path of axe-core, which knows the rules of accessible pages; nothing when npm or its registry is not there.
axe_core() {
  mkdir -p "$work/npm" && cp "$root/tests/wallboard/package.json" "$work/npm/" &&
    timeout 60 npm install --prefix "$work/npm" --no-package-lock --no-audit --no-fund --ignore-scripts >"$work/npm.log" 2>&1 &&
    say "$work/npm/node_modules/axe-core/axe.min.js"
}

mkdir "$work/pictures"
if ! command -v chromium >/dev/null; then
  say "# skipped: the page in a browser, as there is no Chromium"
elif sanitized; then
  say "# skipped: the page in a browser, as none of its code is what the sanitizers look at"
else
  in_browser page "$work/pictures"
  in_browser operator "$work/pictures" "$(axe_core)"
  in_browser crowded "$work/pictures"
fi
