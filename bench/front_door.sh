#!/usr/bin/env bash
# Polls without news over keep-alive, and other questions, against nginx serving a static file of
# the same size: requests a second, each server alone on one core, wrk on another. The two take
# turns; the ratio is the median of the rounds. Needs nginx and wrk, two cores, and nothing else to
# do. Usage: bench/front_door.sh [ROUNDS]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly rounds=${1:-7} seconds=2 server_core=0 load_core=1
readonly server=build/release/bin/titan-server port=7491 nginx_port=7492
folder=$(mktemp -d)
readonly folder
started=()

end() {
  local process
  for process in "${started[@]}"; do kill "$process" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$folder"
}
trap end EXIT

ask() { curl --silent --show-error --fail-with-body "$@"; }

start_titan() {
  taskset -c $server_core "$server" --data "$folder/data" --listen 127.0.0.1:$port \
    2>"$folder/titan.log" &
  started+=($!)
  until ask http://127.0.0.1:$port/v1/status >/dev/null 2>&1; do :; done
  ask -X PUT http://127.0.0.1:$port/v1/hosts/pi -d '{}' >/dev/null
  ask -X POST http://127.0.0.1:$port/v1/hosts/pi/sync -d '{}' >/dev/null
}

# $1: so many bytes has the static file.
start_nginx() {
  mkdir -p "$folder/www"
  head -c "$1" /dev/zero | tr '\0' x >"$folder/www/file"
  cat >"$folder/nginx.conf" <<CONF
daemon off; worker_processes 1; pid $folder/nginx.pid; error_log $folder/error.log;
events { worker_connections 4096; }
http {
  access_log off; keepalive_requests 1000000000; tcp_nodelay on; open_file_cache max=100;
  client_body_temp_path $folder/t1; proxy_temp_path $folder/t2; fastcgi_temp_path $folder/t3;
  uwsgi_temp_path $folder/t4; scgi_temp_path $folder/t5; default_type application/json;
  server { listen 127.0.0.1:$nginx_port; root $folder/www; }
}
CONF
  taskset -c $server_core nginx -c "$folder/nginx.conf" -p "$folder" 2>/dev/null &
  started+=($!)
  until ask http://127.0.0.1:$nginx_port/file >/dev/null 2>&1; do :; done
}

# Requests a second, of wrk with the options given.
rate() {
  taskset -c $load_core wrk --threads 1 --connections 64 --duration ${seconds}s "$@" |
    tee "$folder/wrk.out" | awk '/Requests\/sec/ { print $2 } /Non-2xx/ { exit 1 }'
}

median() { sort -g | awk '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }'; }

# $1: what it is called; the rest: wrk's options for titan.
compare() {
  local name=$1 round ours theirs
  shift
  : >"$folder/rates"
  for ((round = 0; round < rounds; ++round)); do
    theirs=$(rate http://127.0.0.1:$nginx_port/file)
    ours=$(rate "$@")
    awk -v o="$ours" -v t="$theirs" 'BEGIN { print o / t, o, t }' >>"$folder/rates"
  done
  printf '| %s | %.0f | %.0f | %.2f |\n' "$name" "$(cut -d' ' -f2 "$folder/rates" | median)" \
    "$(cut -d' ' -f3 "$folder/rates" | median)" "$(cut -d' ' -f1 "$folder/rates" | median)"
}

start_titan
bookmark=$(ask http://127.0.0.1:$port/v1/status | sed 's/.*"bookmark":"\([^"]*\)".*/\1/')
cat >"$folder/poll.lua" <<LUA
wrk.method = "POST"
wrk.body = '{"bookmark":"$bookmark"}'
wrk.headers["Content-Type"] = "application/json"
LUA
start_nginx 1
echo '| what | titan, requests a second | nginx | ratio |'
echo '|---|---|---|---|'
compare 'a poll without news' --script "$folder/poll.lua" http://127.0.0.1:$port/v1/hosts/pi/sync
compare 'GET of a host' http://127.0.0.1:$port/v1/hosts/pi
compare 'GET of the status' http://127.0.0.1:$port/v1/status
