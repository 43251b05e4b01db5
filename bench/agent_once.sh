#!/usr/bin/env bash
# What a run of titan-agent costs that finds nothing new, against "cf-agent -K" with a policy that
# checks one file, by turns; and what its daemon costs between two polls. The agent is the one that
# is shipped (./dev build static), enrolled at a titan-server of this machine, with three
# deployments; its run directory is in memory. Needs cfengine3, root, and nothing else to do;
# strace, if it is there, counts system calls. Run it after ./dev build static and ./dev build
# release. Usage: bench/agent_once.sh [RUNS [IDLE_SECONDS]]; AGENT, SERVER and TITAN name other
# programs than those.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# shellcheck source=bench/agent_host.sh
source bench/agent_host.sh
readonly runs=${1:-50} idle_seconds=${2:-60}

deliver() {
  local name
  mkdir -p "$folder/template/root/etc/bench"
  echo 'driver: files' >"$folder/template/template.yaml"
  echo 'this is {{deployment.name}} on {{host.name}}' \
    >"$folder/template/root/etc/bench/{{deployment.name}}.conf"
  start_host
  titan create template files -f "$folder/template"
  for name in base prod web; do
    titan create deployment $name --workload sensor --template files --target pi
  done
  "${once[@]}"
  sleep 1
  "${once[@]}"
}

write_policy() {
  cat >"$folder/policy.cf" <<POLICY
body common control { bundlesequence => { "main" }; }
bundle agent main { files: "$folder/file" create => "true", perms => readable; }
body perms readable { mode => "644"; rxdirs => "false"; }
POLICY
  chmod 600 "$folder/policy.cf"
  cf-agent -K -f "$folder/policy.cf"
}

system_calls() {
  if ! command -v strace >/dev/null; then
    echo unknown
    return
  fi
  strace -f -c -o "$folder/calls" "$@" >/dev/null 2>&1
  awk '$4 ~ /^[0-9]+$/ && $NF != "total" { calls += $4 } END { print calls }' "$folder/calls"
}

value() { taken "$folder/taken" "$1" "$2"; }

# $1: what; $2: the measure; $3: by what it is divided; $4: the greatest ratio that we want.
row() {
  awk -v what="$1" -v ours="$(value titan "$2")" -v theirs="$(value cfengine "$2")" -v unit="$3" \
    -v bar="$4" 'BEGIN { printf "| %s | %.2f | %.2f | %.2f | %s |\n", what, ours / unit,
      theirs / unit, ours / theirs, bar }'
}

status_of() { awk -v key="$2:" '$1 == key { print $2 }' "/proc/$1/status"; }

measure_idle() {
  "$agent_program" run "${once[@]:2}" >/dev/null 2>&1 &
  local process=$! before after
  started+=("$process")
  sleep 3
  before=$(($(status_of $process voluntary_ctxt_switches) +
    $(status_of $process nonvoluntary_ctxt_switches)))
  sleep "$idle_seconds"
  after=$(($(status_of $process voluntary_ctxt_switches) +
    $(status_of $process nonvoluntary_ctxt_switches)))
  echo
  echo '| the daemon between two polls | |'
  echo '|---|---|'
  echo "| resident | $(status_of $process VmRSS) KiB |"
  echo "| of that its own (anonymous) | $(status_of $process RssAnon) KiB |"
  echo "| the most that was resident | $(status_of $process VmHWM) KiB |"
  echo "| wake-ups in $idle_seconds s, with a poll if one fell due | $((after - before)) |"
}

deliver >"$folder/deliver.log" 2>&1 || { cat "$folder/deliver.log" >&2; exit 1; }
write_policy
"$turns" "$runs" titan "${once[@]}" -- cfengine cf-agent -K -f "$folder/policy.cf" >"$folder/taken"
echo "$runs runs each, by turns; $(stat -c %s "$agent_program") bytes of program"
echo
echo '| a run without news | titan-agent once | cf-agent -K | ratio | bar |'
echo '|---|---|---|---|---|'
row 'wall, ms, median' wall_us 1000 0.6
row 'CPU, ms, median' cpu_us 1000 0.6
row 'peak memory, MiB' peak_kib 1024 0.5
echo "| written to disks, bytes | $(value titan written_bytes) |" \
  "$(value cfengine written_bytes) | | 0 |"
echo "| system calls | $(system_calls "${once[@]}") |" \
  "$(system_calls cf-agent -K -f "$folder/policy.cf") | | |"
measure_idle
