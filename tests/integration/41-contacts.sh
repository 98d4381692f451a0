#!/usr/bin/env bash
# Contacts: one at a time, many at once, and whole files of them.
. "$(dirname "$0")/../lib.sh"

# 100,000 contacts at once may take Redis longer than half a second on a busy machine.
start_instance '
[redis]
deadline = 10000
[phonecalls]
rewrite = drop 9
rewrite = add 0212 if 7 digits'

# contacts VERB QUERY [ARGUMENT-OF-CURL]...
contacts() {
  anonymous GET "/direct/items/contacts/$1?token=$CALLBOARD_TOKEN&$2" "${@:3}"
}

# import TYPE FILE [ARGUMENT-OF-CURL]...
import() {
  anonymous POST "/direct/items/contacts/import?token=$CALLBOARD_TOKEN" -H "Content-Type: $1" --data-binary "@$2" \
    -H 'Accept-Language: en' "${@:3}"
}

counts() {
  printf '%s ' "$(json added)" "$(json changed)" "$(json unchanged)" "$(json rejected)"
}

# --- one ---

contacts create 'name=Ada+Example&phone=0212-285-3348&phone=%2B58+414+1234567'
same "create, byte by byte" '{ "error": false, "contactId": 1 }' "$BODY"
contacts list 'contactId=1'
same "numbers are kept as digits" '["02122853348", "584141234567"]' "$(json contacts 0 phones)"
contacts create 'name=Eva&phone=2853348' -H 'Accept-Language: en'
same "a number belongs to one contact" true "$(json error)"
contains "the error names who has it" 'contact 1 "Ada Example"' "$(json errors phone)"
contains "and who wanted it" '"Eva"' "$(json errors phone)"
contains "and the number" 02122853348 "$(json errors phone)"
same "in Spanish otherwise" \
  'el número 02122853348 ya pertenece a otro contacto: el contacto 1 "Ada Example"; no puede tenerlo el contacto "Eva"' \
  "$(contacts create 'name=Eva&phone=2853348' && json errors phone)"
contacts create 'name=Eva&phone=1&phone=2853348'
same "of a conflict nothing is kept" 0 "$(contacts list phone=1 && grep -c contactId <<<"$BODY")"
contacts create 'phone=x' -H 'Accept-Language: en'
same "all that is wrong is named" "name phone" "$(python3 -c 'import json, sys; print(*json.load(sys.stdin)["errors"])' <<<"$BODY")"

contacts create '' -X POST --data-urlencode 'name=Zoë "Z" <z>' -d phone=71 -d phone=81
second=$(json contactId)
contacts update "contactId=$second&phone=81&phone=61"
contacts list "contactId=$second"
same "update leaves the name" 'Zoë "Z" <z>' "$(json contacts 0 name)"
same "and sets the numbers" '["81", "61"]' "$(json contacts 0 phones)"
contacts create 'name=Seven&phone=71'
same "a number that was given up is free" false "$(json error)"
contacts update "contactId=$second&phone=71"
same "one that is taken is not" true "$(json error)"
contacts update "contactId=999&name=x"
ok "update of nobody" test -n "$(json errors contactId)"
contacts delete "contactId=$second"
same "delete" '{ "count" : 1, "error" : false }' "$BODY"
contacts delete "contactId=$second"
ok "delete of nobody" test -n "$(json errors contactId)"
contacts create 'name=Eight&phone=81'
ok "the numbers of a deleted contact are free, its id is not" test "$(json contactId)" -gt "$second"

# --- one number, wanted by many ---

for i in $(seq 16); do
  curl -s --cacert "$CALLBOARD_CA" "$CALLBOARD_URL/direct/items/contacts/create?token=$CALLBOARD_TOKEN&name=N$i&phone=4444&phone=5$i" &
done >"$work/many"
wait
same "one of sixteen gets it" "1 15" "$(grep -c '"error": false' "$work/many") $(grep -c 'pertenece a otro' "$work/many")"
contacts list phone=4444
winner=$(json contacts 0 name)
same "and the others got nothing" 1 "$(redis hkeys '{callboard:contacts}:phones' | grep -c '^5[0-9]*$' | sed 's/^[0-9]*$/1/')"
contacts list "phone=5${winner#N}"
same "the winner has all of his" "$winner" "$(json contacts 0 name)"

# --- files ---

printf '\xef\xbb\xbfid,name,phones\r\n500,"Acme, Inc.",100;101\r\n,Bob,102\r\n,Bob,102\r\n,Rob,102\r\n,,103\r\n,Nobody,\r\nx,X,104\r\n' >"$work/some.csv"
import text/csv "$work/some.csv"
same "CSV: added, changed, unchanged, rejected" "2 0 1 4 " "$(counts)"
same "lines of what was rejected" "5 6 7 8" \
  "$(python3 -c 'import json, sys; print(*sorted(r["line"] for r in json.load(sys.stdin)["reasons"]))' <<<"$BODY")"
contains "a conflict names both" '"Bob"; it cannot be given to contact "Rob"' "$(json reasons 3 reason)"
import text/csv "$work/some.csv"
same "the same again changes nothing" "0 0 3 4 " "$(counts)"
printf '[{"id": 500, "name": "Acme", "phones": ["100"]},\n {"name": "Dan", "phones": "101;105"}]' >"$work/some.json"
import application/json "$work/some.json"
same "JSON: a number given up is free in the next row" "1 1 0 0 " "$(counts)"
contacts create 'name=Next&phone=200'
ok "ids go on behind imported ones" test "$(json contactId)" -gt 500
printf '[{"name": "A", "phones": ["300"]}, {"name": "B"' >"$work/cut.json"
import application/json "$work/cut.json"
contains "a file that breaks off says where" "line 1" "$(json errors file)"
same "what was whole is in" 1 "$(json added)"
import text/plain "$work/cut.json"
same "another type: 415" 415 "$STATUS"
anonymous POST "/direct/items/contacts/import?token=wrong" -H 'Content-Type: text/csv' --data-binary "@$work/some.csv"
same "a wrong token: 403" 403 "$STATUS"
head -c 16777217 /dev/zero >"$work/large"
import text/csv "$work/large"
same "over 16 MiB: 413" 413 "$STATUS"

contacts list 'limit=1000&format=csv'
sed 's/\r$//' <<<"$BODY" >"$work/export.csv"
import text/csv "$work/export.csv"
same "what is listed as CSV is imported as it is" "0 0 $(($(wc -l <"$work/export.csv") - 1)) 0 " "$(counts)"

awk 'BEGIN { print "name,phones"; for (i = 0; i < 100000; i++) printf "Contact number %d,%d;%d\n", i, 30000000 + i, 40000000 + i }' >"$work/many.csv"
peak() {
  for pid in $(pgrep -P "$(server_id pool)"); do
    awk '/VmHWM/ { print $2 }' "/proc/$pid/status"
  done | sort -n | tail -n 1
}
before=$(peak)
import text/csv "$work/many.csv" --max-time 200
same "100,000 contacts" "100000 0 0 0 " "$(counts)"
more=$((($(peak) - before) / 1024))
sanitized || ok "in less memory than 10 times the file ($more MiB for $(($(stat -c %s "$work/many.csv") >> 20)) MiB)" \
  test $more -lt $((10 * $(stat -c %s "$work/many.csv") >> 20))
import text/csv "$work/many.csv" --max-time 200
same "and again" "0 0 100000 0 " "$(counts)"
contacts list phone=30077777
same "they are there" "Contact number 77777" "$(json contacts 0 name)"

server_stop redis
import text/csv "$work/some.csv"
same "Redis away: 503" 503 "$STATUS"
same "in the form of these routes" true "$(json error)"
