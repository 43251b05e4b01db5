#!/usr/bin/env bash
# Prometheus' own tool finds nothing wrong with /v1/metrics and with the alert rules, and every
# metric that the documents name is there.
source "$(dirname "${BASH_SOURCE[0]}")/tools.sh"
need_command promtool prometheus
need_command curl curl
start_server
ask --output /dev/null "$url/v1/hosts"
ask "$url/v1/metrics" >"$folder/metrics.txt"
findings=$(promtool check metrics <"$folder/metrics.txt" 2>&1) || fail "$findings"
[[ -z $findings ]] || fail "$findings"

docs=$source/../../docs
promtool check rules "$docs/monitoring/alerts.yaml"
for file in "$docs/monitoring.md" "$docs/monitoring/"*; do
  for name in $(grep -oE '\b(titan|process)_[a-z_]+[a-z]\b' "$file" | sort -u); do
    grep -qE "^(# TYPE )?$name[ {]" "$folder/metrics.txt" ||
      fail "$file names $name, which is not there"
  done
done
