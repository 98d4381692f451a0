#!/usr/bin/env bash
# Many registrations: a list of FreeSWITCH that is longer than any event may be is taken over, and people read 100,000 a page at a
# time.
. "$(dirname "$0")/../lib.sh"
. "$root/tests/live.sh"

listed=65000 # 17 MB
count=100000
pbx_start pbx
start_instance "$(pbx_section pbx)"

ok "FreeSWITCH has many phones" pbx pbx registrations $listed
ok "and is asked for them when the connection was lost" pbx pbx drop
has_count() {
  [ "$(redis hlen registrations)" = "$1" ]
}
ok "all of them are in Redis" eventually 120 has_count $listed
ok "and FreeSWITCH is heard" eventually 30 feed_up

# walk: all pages, each extension once a line; stops at the first answer that is not 200.
walk() {
  python3 - "$CALLBOARD_HTTP_URL" "$CALLBOARD_USER" "$CALLBOARD_PASSWORD" "$1" <<'END'
import base64, http.client, json, sys, urllib.parse
url, user, password, limit = sys.argv[1:]
server = http.client.HTTPConnection(urllib.parse.urlparse(url).netloc)
head = {'Authorization': 'Basic ' + base64.b64encode(f'{user}:{password}'.encode()).decode()}
cursor, pages, longest, seen = '', 0, 0, []
while cursor is not None:
    server.request('GET', f'/registrations?limit={limit}' + (f'&cursor={cursor}' if cursor else ''), headers=head)
    answer = server.getresponse()
    body = answer.read()
    if answer.status != 200:
        sys.exit(f'{answer.status} on page {pages}: {body[:200]}')
    page = json.loads(body)
    pages, longest = pages + 1, max(longest, len(body))
    seen += [entry['extension'] for entry in page['registrations']]
    cursor = page['next']
print(len(set(seen)), pages <= len(seen) // int(limit) + 1, longest < 2 << 20, file=sys.stderr)
END
}
seq 200000 $((199999 + count - listed)) | awk '{ printf "HSET registrations %s \047{\"from-user\":\"%s\",\"from-host\":\"pbx.example.com\"}\047\n", $1, $1 }' |
  redis >"$work/redis"
same "every one of 100,000 is on a page, and no page is too long" "$count True True" "$(walk 500 2>&1)"
