# What the scripts that measure the agent share; they source it from the root of the project. It
# makes a folder, and at the end ends every program in `started` and removes the folder.

readonly agent_program=${AGENT:-build/static/bin/titan-agent}
readonly turns=build/release/bench/program_turns
readonly server=${SERVER:-build/release/bin/titan-server} titan=${TITAN:-build/release/bin/titan}
readonly port=7497
for program in "$agent_program" "$turns" "$server" "$titan"; do
  if [[ -x $program ]]; then continue; fi
  echo "$program is not there" >&2
  exit 1
done
folder=$(mktemp -d)
run_folder=$(mktemp -d -p /dev/shm titan.XXXXXX)
readonly folder run_folder
readonly once=("$agent_program" once --config "$folder/agent.yaml" --state "$folder/state"
  --run "$run_folder" --root "$folder/root")
started=()

end() {
  local process
  for process in "${started[@]}"; do kill "$process" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$folder" "$run_folder"
}
trap end EXIT

titan() {
  TITAN_SERVER=http://127.0.0.1:$port TITAN_TOKEN_FILE=$folder/data/admin-token \
    TITAN_CONFIG=$folder/titan.yaml "$titan" "$@"
}

# A titan-server with the host `pi`, and the agent enrolled as that.
start_host() {
  unset TITAN_SERVER TITAN_CA_FILE TITAN_HOST TITAN_ROOT TITAN_GIT
  "$server" --data "$folder/data" --listen 127.0.0.1:$port >"$folder/server.log" 2>&1 &
  started+=("$!")
  local i
  for ((i = 0; i < 100; ++i)); do
    if titan create host --name pi --labels name=pi >/dev/null 2>&1; then break; fi
    sleep 0.1
  done
  titan create workload sensor --repo https://example.com/sensor
  titan create target pi --labels name=pi
  titan create enrollment --host pi 2>/dev/null | head -n 1 >"$folder/enrollment"
  : >"$folder/agent.yaml"
  "$agent_program" enroll "@$folder/enrollment" --config "$folder/agent.yaml" \
    --state "$folder/state" --run "$run_folder"
}

# $1: the file that program_turns has printed into, $2: the name, $3: the measure.
taken() { awk -v name="$2" -v what="$3" '$1 == name && $2 == what { print $3 }' "$1"; }
