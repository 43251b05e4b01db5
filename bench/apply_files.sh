#!/usr/bin/env bash
# Applying a deployment whose 100 files of 4 KiB have all changed: a whole run of titan-agent, with
# its question, 100 blobs, rendering, the commit and the report, against a program that does no more
# than write that many files durably (bench/durable_writes.cpp), by turns on one disk. Run it after
# ./dev build static and ./dev build release.
# Usage: bench/apply_files.sh [ROUNDS [FILES]]; AGENT, SERVER and TITAN name other programs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# shellcheck source=bench/agent_host.sh
source bench/agent_host.sh
readonly rounds=${1:-5} files=${2:-100} bytes=4096

# A version of the template; $1: what is in its files.
write_template() {
  local i content
  content=$(head -c $((bytes - 8)) /dev/zero | tr '\0' "$1")
  mkdir -p "$folder/template/root/etc/bench"
  echo 'driver: files' >"$folder/template/template.yaml"
  for ((i = 0; i < files; ++i)); do
    printf '%s %06d\n' "$content" "$i" >"$folder/template/root/etc/bench/$i"
  done
  titan apply template files -f "$folder/template" >/dev/null
}

median() { sort -g | awk '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }'; }

column() { awk -v column="$1" '{ print $column }' "$folder/rounds" | median; }

begin() {
  start_host
  write_template z
  titan create deployment bench --workload sensor --template files --target pi
  "${once[@]}"
  "${once[@]}"
}

begin >"$folder/begin.log" 2>&1 || { cat "$folder/begin.log" >&2; exit 1; }
mkdir "$folder/plain"
for ((round = 0; round < rounds; ++round)); do
  letter=$([[ $((round % 2)) == 0 ]] && echo a || echo b)
  write_template "$letter$round"
  sleep 1
  "$turns" 1 titan "${once[@]}" -- plain build/release/bench/durable_writes "$folder/plain" \
    "$files" "$bytes" "$letter" >"$folder/taken"
  [[ $(head -c 1 "$folder/root/etc/bench/7") == "$letter" ]] || { echo 'not applied' >&2; exit 1; }
  for what in wall_us cpu_us written_bytes; do
    echo "$(taken "$folder/taken" titan $what) $(taken "$folder/taken" plain $what)"
  done | tr '\n' ' ' | awk '{ print $0, $1 / $2 }' >>"$folder/rounds"
done
echo "$files files of $bytes bytes, medians of $rounds rounds, by turns"
echo
echo '| applying them | titan-agent once | the least | ratio |'
echo '|---|---|---|---|'
printf '| wall, ms | %.1f | %.1f | %.2f |\n' "$(column 1 | awk '{ print $1 / 1000 }')" \
  "$(column 2 | awk '{ print $1 / 1000 }')" "$(column 7)"
printf '| CPU, ms | %.1f | %.1f | |\n' "$(column 3 | awk '{ print $1 / 1000 }')" \
  "$(column 4 | awk '{ print $1 / 1000 }')"
printf '| written, KiB | %.0f | %.0f | |\n' "$(column 5 | awk '{ print $1 / 1024 }')" \
  "$(column 6 | awk '{ print $1 / 1024 }')"
