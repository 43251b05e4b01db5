# What the scripts that measure servers share; they source it from the root of the project. It makes
# a folder, and at the end ends every server in `started` and removes the folder.

readonly server=${SERVER:-build/release/bin/titan-server} load=build/release/bench/door_load
readonly server_core=0 load_core=1
folder=$(mktemp -d)
readonly folder
started=()
declare -A tokens=()  # of each server, by its port

end() {
  local process
  for process in "${started[@]}"; do kill "$process" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$folder"
}
trap end EXIT

ask() {
  curl --silent --show-error --fail-with-body --insecure \
    --header "Authorization: Bearer ${TITAN_TOKEN:-none}" "$@"
}

# Until there is an answer; half a minute at most.
await() {
  local i
  for ((i = 0; i < 300; ++i)); do
    if ask "$1" >/dev/null 2>&1; then return; fi
    sleep 0.1
  done
  echo "nothing answers at $1" >&2
  exit 1
}

make_certificate() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
    -keyout "$folder/key.pem" -out "$folder/certificate.pem" 2>/dev/null
}

# $1: http or https, $2: the port. Sets titan_pid, and TITAN_TOKEN for all that asks it.
start_titan() {
  local tls=()
  if [[ $1 == https ]]; then
    tls=(--tls-cert "$folder/certificate.pem" --tls-key "$folder/key.pem")
  fi
  # nginx writes no access log either. One token asks for all: it is counted, but never too much.
  taskset -c $server_core "$server" --access-log none \
    --token-rate 1000000 --device-rate 1000000 --data "$folder/data-$1" \
    --listen 127.0.0.1:"$2" "${tls[@]}" \
    >>"$folder/titan-$1.log" 2>&1 &
  titan_pid=$!
  started+=("$titan_pid")
  await "$1://127.0.0.1:$2/v1/status"
  TITAN_TOKEN=$(<"$folder/data-$1/admin-token")
  export TITAN_TOKEN
  tokens[$2]=$TITAN_TOKEN
}
