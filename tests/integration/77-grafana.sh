# 77-grafana.sh - the dashboard is JSON, and asks for nothing that /metrics does not have.
. "$(dirname "$0")/../lib.sh"

dashboard=$root/doc/grafana/callboard.json

start_instance "[spool]
directory = $work/spool"

http GET /cticache/DNIS-ANI/5551234560:1
http GET /metrics
same "/metrics answers" 200 "$STATUS"
printf '%s\n' "$BODY" >"$work/metrics"

expressions=$(python3 -c '
import json, sys
for panel in json.load(open(sys.argv[1]))["panels"]:
    for target in panel["targets"]:
        print(target["expr"])' "$dashboard")
contains "it has expressions" callboard_redis_up "$expressions"
for name in $(printf '%s\n' "$expressions" | grep -o 'callboard_[a-z_]*' | sort -u); do
  ok "/metrics has $name" grep -q "^$name[ {]" "$work/metrics"
done
for label in $(printf '%s\n' "$expressions" | grep -o 'by ([a-z]*)' | tr -d '()' | cut -d' ' -f2 | sort -u); do
  ok "and the label $label" grep -q "[{,]$label=" "$work/metrics"
done
