#!/usr/bin/env bash
# What good clients notice while 2,000 clients send their headers byte by byte, 2,000 their bodies,
# 2,000 nothing, and 1,000 hardly read their answers of 4 MB, all at once; and what 5,000 requests
# cost that wait for news. Prints what bench/door_load found; docs/performance.md says what the
# names mean and what is wanted. The server has one core for itself, the load another. Needs
# openssl, curl, two cores, room for 17,000 descriptors, and nothing else to do; takes about 4
# minutes. Run it after ./dev build release. Usage: bench/front_door_attack.sh [attack|parked]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=bench/servers.sh
source bench/servers.sh

readonly what=${1:-attack parked} port=7495 parked=${PARKED:-5000}
ulimit -n 65536 2>/dev/null || ulimit -n "$(ulimit -H -n)"

stop_titan() {
  kill "$titan_pid"
  wait "$titan_pid" || true
}

# The rest: options of door_load.
run_load() {
  local mode=$1
  shift
  taskset -c $load_core "$load" "$mode" --server 127.0.0.1:$port "$@"
}

# The rest: options of door_load.
attack() {
  rm -rf "$folder/data-http"
  start_titan http $port
  run_load attack --pid "$titan_pid" "$@" || failed=1
  stop_titan
}

# $1: http or https; the rest: options of door_load.
park() {
  local scheme=$1
  shift
  rm -rf "$folder/data-$scheme"
  start_titan "$scheme" $port
  run_load parked --prepare --count "$parked" "$@"
  stop_titan
  start_titan "$scheme" $port
  run_load parked --pid "$titan_pid" --count "$parked" "$@" || failed=1
  stop_titan
}

failed=0
if [[ $what == *attack* ]]; then
  echo "## good clients beside bad ones"
  attack
  echo "## the same, and those that hardly read ask for 200 different answers"
  attack --idle 0 --contents 200
fi
if [[ $what == *parked* ]]; then
  make_certificate
  echo "## parked for any change"
  park http --what changes
  echo "## parked for any change, with TLS"
  park https --what changes --tls 1.3
  echo "## parked for news of their host"
  park http --what sync
fi
exit $failed
