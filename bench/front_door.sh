#!/usr/bin/env bash
# The front door against nginx that serves a static file of a byte: polls without news and other
# small questions over connections that are kept, a connection per request, and TLS. Each server has
# one core for itself, the load (bench/door_load) another. The two take turns; what is printed are
# the medians of the rounds, and of the rounds' own ratios. Needs nginx, openssl, curl, two cores,
# and nothing else to do; takes about 3 minutes. Run it after ./dev build release.
# Usage: bench/front_door.sh [ROUNDS [REGEX]], the rows whose name fits the REGEX.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# shellcheck source=bench/servers.sh
source bench/servers.sh

readonly rounds=${1:-5} rows=${2:-.} milliseconds=${MILLISECONDS:-1000}
readonly port=7491 tls_port=7493 nginx_port=7492 nginx_tls_port=7494

# A titan with a host, a target and a report. $1: http or https, $2: the port. Sets titan_pid and
# bookmark.
start_fleet() {
  local url=$1://127.0.0.1:$2/v1 i
  start_titan "$1" "$2"
  ask -X PUT "$url/hosts/pi" -d '{"spec":{"labels":{"site":"lab"}}}' >/dev/null
  ask -X PUT "$url/workspaces/default/targets/lab?createWorkspace=true" \
    -d '{"spec":{"labels":{"site":"lab"}}}' >/dev/null
  ask -X POST "$url/hosts/pi/sync" -d '{"report":{"deployments":[]}}' >/dev/null
  # What follows from that is written a moment later.
  for ((i = 0; i < 100; ++i)); do
    sleep 0.1
    if ! ask "$url/status" | grep -q '"behind":[1-9]'; then break; fi
  done
  bookmark=$(ask "$url/status" | sed 's/.*"bookmark":"\([^"]*\)".*/\1/')
}

# Sets nginx_pid: that of its one worker.
start_nginx() {
  mkdir -p "$folder/www"
  printf x >"$folder/www/file"
  cat >"$folder/nginx.conf" <<CONF
daemon off; user root; worker_processes 1; pid $folder/nginx.pid; error_log $folder/error.log;
events { worker_connections 4096; }
http {
  access_log off; keepalive_requests 1000000000; tcp_nodelay on; open_file_cache max=100;
  client_body_temp_path $folder/t1; proxy_temp_path $folder/t2; fastcgi_temp_path $folder/t3;
  uwsgi_temp_path $folder/t4; scgi_temp_path $folder/t5; default_type application/json;
  ssl_certificate $folder/certificate.pem; ssl_certificate_key $folder/key.pem;
  ssl_protocols TLSv1.2 TLSv1.3; ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;
  ssl_session_tickets on; ssl_session_cache off;
  server { listen 127.0.0.1:$nginx_port; root $folder/www; }
  server { listen 127.0.0.1:$nginx_tls_port ssl; root $folder/www; }
}
CONF
  taskset -c $server_core nginx -c "$folder/nginx.conf" -p "$folder" 2>/dev/null &
  local master=$!
  started+=("$master")
  await http://127.0.0.1:$nginx_port/file
  nginx_pid=$(pgrep -P "$master")
}

# Prints requests a second and requests for a second of the server's CPU; $1: the port, $2: the pid,
# the rest: options of door_load.
rate() {
  local at=$1 pid=$2
  shift 2
  TITAN_TOKEN=${tokens[$at]:-$TITAN_TOKEN} \
    taskset -c $load_core "$load" polls --server 127.0.0.1:"$at" --pid "$pid" \
    --milliseconds "$milliseconds" "$@" |
    awk '{ value[$1] = $2 }
         END { if (value["errors"] != 0 || value["requests"] == 0) exit 1
               if (resumes && value["resumed"] < 0.99 * value["connects"] - 64) exit 2
               print value["requests_per_second"], value["requests_per_cpu_second"] }' \
      resumes="$([[ " $* " == *' --resume '* ]] && echo 1 || echo 0)"
}

# $1: a column of the rates.
median() {
  cut -d' ' -f"$1" "$folder/rates" | sort -g |
    awk '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }'
}

# $1: what it is called; $2: what counts, "second" or "CPU"; $3: the least ratio that we want; $4:
# "plain" or "tls"; $5: options of door_load for both; the rest: those for titan.
compare() {
  local name=$1 counts=$2 bar=$3 kind=$4 both=$5 round ours theirs
  local our_port=$port our_pid=$plain_pid their_port=$nginx_port
  shift 5
  if [[ ! $name =~ $rows ]]; then return; fi
  if [[ $kind == tls ]]; then our_port=$tls_port our_pid=$tls_pid their_port=$nginx_tls_port; fi
  : >"$folder/rates"
  for ((round = 0; round < rounds; ++round)); do
    # shellcheck disable=SC2086 # they are several words
    theirs=$(rate $their_port "$nginx_pid" --path /file $both)
    # shellcheck disable=SC2086
    ours=$(rate $our_port "$our_pid" "$@" $both)
    echo "$ours $theirs" | awk '{ print $1, $3, $1 / $3, $2, $4, $2 / $4 }' >>"$folder/rates"
  done
  printf '| %s | %.0f | %.0f | %.2f | %.0f | %.0f | %.2f | %s a %s |\n' "$name" "$(median 1)" \
    "$(median 2)" "$(median 3)" "$(median 4)" "$(median 5)" "$(median 6)" "$bar" "$counts"
}

# What a device asks of a titan with this bookmark: sets `poll`.
poll_of() {
  poll=(--device pi --method POST --path /v1/hosts/pi/sync --body "{\"bookmark\":\"$1\"}")
}

make_certificate
start_fleet http $port
plain_pid=$titan_pid
poll_of "$bookmark"
plain_poll=("${poll[@]}")
start_fleet https $tls_port
tls_pid=$titan_pid
poll_of "$bookmark"
start_nginx
echo '| what | titan, a second | nginx | ratio | titan, a CPU second | nginx | ratio | bar |'
echo '|---|---|---|---|---|---|---|---|'
compare 'a poll without news' second 1.0 plain '' "${plain_poll[@]}"
compare 'the same for a person' second 1.0 plain '' "${plain_poll[@]:2}"
compare 'GET of a host' second 0.6 plain '' --path /v1/hosts/pi
compare 'GET of a target' second 0.6 plain '' --path /v1/workspaces/default/targets/lab
compare 'GET of a report' second 0.6 plain '' --path /v1/hosts/pi/report
compare 'a list of one host' second 0.6 plain '' --path '/v1/hosts?limit=1'
compare 'how a host stands' second 0.6 plain '' --path /v1/hosts/pi/state
compare 'what a host should have' second 0.6 plain '' --path /v1/hosts/pi/changes
compare 'the newest changes' second 0.6 plain '' --path '/v1/changes?limit=1'
compare 'GET of the status' second 0.6 plain '' --path /v1/status
compare 'a connection per poll' CPU 0.7 plain --close "${plain_poll[@]}"
compare 'a poll, TLS 1.3' CPU 0.9 tls '--tls 1.3' "${poll[@]}"
compare 'a handshake per poll, TLS 1.3' CPU 0.9 tls '--tls 1.3 --close' "${poll[@]}"
compare 'a resumed session per poll, TLS 1.3' CPU 0.9 tls '--tls 1.3 --close --resume' "${poll[@]}"
compare 'a handshake per poll, TLS 1.2' CPU 0.9 tls '--tls 1.2 --close' "${poll[@]}"
compare 'a resumed session per poll, TLS 1.2' CPU 0.9 tls '--tls 1.2 --close --resume' "${poll[@]}"
