#!/usr/bin/env bash
# A change travels from the command line to a host: the real programs, on temporary folders and a
# free port of this machine. Each act checks what it shows, and stops the demo when it is not so.
#
#   examples/demo.sh BIN    BIN: the folder of titan-server, titan-agent and titan
set -euo pipefail

readonly host=tim-pi
readonly git_files=hosts/$host/default

bin=$(realpath "${1:?usage: examples/demo.sh BIN}")
cd "$(dirname "${BASH_SOURCE[0]}")"
DEMO=$(mktemp -d "${TMPDIR:-/tmp}/titan-demo.XXXXXX")
mkdir "$DEMO/home"
readonly bin DEMO
server_pid=
output=

stop_everything() {
  if [[ -n $server_pid ]]; then
    kill "$server_pid" 2>/dev/null || true
    wait "$server_pid" 2>/dev/null || true
  fi
  rm -rf "$DEMO"
}
trap stop_everything EXIT
trap 'exit 130' INT TERM

# ---- telling and checking ----------------------------------------------------------------------

act() {
  local bold='' plain=''
  if [[ -t 1 ]]; then bold=$'\e[1m' plain=$'\e[0m'; fi
  printf '\n%s== %s ==%s\n' "$bold" "$*" "$plain"
}

fail() {
  printf '\ndemo: %s\n' "$*" >&2
  if [[ -s $DEMO/server.log ]]; then
    printf 'demo: the last lines of the server:\n' >&2
    tail -n 5 "$DEMO/server.log" >&2
  fi
  exit 1
}

say_command() { printf '\n$ %s\n' "${*//"$DEMO"/\$DEMO}"; }

# Shows a command and what it says, and keeps that in `output`.
run() {
  say_command "$@"
  local status=0
  output=$("$@" 2>&1) || status=$?
  if [[ -n $output ]]; then printf '%s\n' "$output"; fi
  if ((status != 0)); then fail "\"$1 ${2:-}\" ended with $status"; fi
}

# expect TEXT: the output of the last command holds it.
expect() { [[ $output == *"$1"* ]] || fail "\"$1\" was expected in what the last command said"; }
expect_not() { [[ $output != *"$1"* ]] || fail "\"$1\" was not expected in what was just said"; }

# The agent writes its log as it likes: for people on a terminal, as JSON elsewhere.
run_agent() {
  local command=(titan-agent once --server "$TITAN_SERVER" --host "$host"
    --state "$DEMO/state" --root "$DEMO/root" --git "$DEMO/git")
  say_command "${command[@]}"
  "${command[@]}" || fail "the agent ended with $?"
}

show_files() {
  say_command "cd $DEMO/root && find . -type f | xargs head -v -n -0"
  (cd "$DEMO/root" && find . -type f -print0 | sort -z | xargs -0r head -v -n -0)
}

run_git() { run git --no-pager -c safe.directory='*' -C "$DEMO/git" "$@"; }

# Each file below a folder, with what tells whether it was written again.
fingerprint() { find "$@" -printf '%p %i %T@ %s\n' | sort; }

# ---- the acts ----------------------------------------------------------------------------------

start_server() {
  act 'A server, on a free port'
  echo "DEMO=$DEMO"
  say_command "titan-server --data $DEMO/server --listen 127.0.0.1:0 &"
  : >"$DEMO/server.log"  # else it may not be there yet when it is read
  titan-server --data "$DEMO/server" --listen 127.0.0.1:0 >"$DEMO/server.log" 2>&1 &
  server_pid=$!
  local address='' tries
  for ((tries = 0; tries < 200; tries++)); do
    address=$(sed -n '/"message":"listening"/s/.*"address":"\([^"]*\)".*/\1/p' "$DEMO/server.log")
    if [[ -n $address ]]; then break; fi
    kill -0 "$server_pid" 2>/dev/null || fail 'the server ended at once'
    sleep 0.05
  done
  [[ -n $address ]] || fail 'the server did not say where it listens within 10 seconds'
  export TITAN_SERVER=http://$address
  echo "listening on $address"
  run titan login --token-file "$DEMO/server/admin-token"
  expect 'logged in'
}

enroll_the_host() {
  act 'A device becomes the host, by an enrollment that counts once'
  say_command "titan create enrollment --host $host | titan-agent enroll - --state $DEMO/state"
  titan create enrollment --host "$host" | titan-agent enroll - --state "$DEMO/state" ||
    fail 'the device was not enrolled'
  run titan get devices
  expect $host
}

describe_the_fleet() {
  act 'Seven lines: a host, a template, a workload, a target, a deployment'
  run titan create host --name tim-pi --labels name=tim-pi,platform=kubernetes
  run titan create template device-service -f ./device-service
  run titan get workspaces
  expect default
  local repo=https://github.com/timfpark/temp-sensor
  run titan create workload temperature-sensor --repo $repo
  run titan create workload temperature-sensor --repo $repo --workspace iot
  run titan create target tim-pi --labels name=tim-pi
  run titan create deployment prod --workload temperature-sensor --template device-service \
    --target tim-pi
}

deliver() {
  act 'The host pulls, renders, applies, commits and reports'
  run_agent
  show_files
  [[ -n $(find "$DEMO/root" -type f) ]] || fail 'the agent placed no file'
  run_git log -p
  expect default/deployment/default/prod
  run titan wait deployment/prod --for ready --timeout 30s
  run titan get deployments -o wide
  expect READY
  run titan report stage smoke-test deployment/prod --current
  run titan trace deployment/prod
  expect 'smoke-test'
  [[ $(grep -c '1 of 1 host' <<<"$output") == 4 ]] || fail 'the host was expected at each step'
}

change_a_template() {
  act 'A second deployment, from another template'
  mkdir -p "$DEMO/banner/root/etc"
  echo 'driver: files' >"$DEMO/banner/template.yaml"
  echo 'This is {{host.name}}.' >"$DEMO/banner/root/etc/motd"
  run titan create template banner -f "$DEMO/banner"
  run titan create deployment banner --workload temperature-sensor --template banner --target tim-pi
  run_agent
  [[ $(cat "$DEMO/root/etc/motd") == "This is $host." ]] || fail 'etc/motd is not as rendered'

  act 'The first template changes, and only its deployment comes again'
  cp -r device-service "$DEMO/device-service"
  mkdir -p "$DEMO/device-service/root/etc/titan-demo"
  echo 'Changed for {{deployment.name}}.' >"$DEMO/device-service/root/etc/titan-demo/note"
  say_command "diff -r device-service $DEMO/device-service"
  diff -r device-service "$DEMO/device-service" | sed "s#$DEMO#\$DEMO#" || true
  run titan apply template device-service -f "$DEMO/device-service"
  run_agent
  [[ $(cat "$DEMO/root/etc/titan-demo/note") == 'Changed for prod.' ]] || fail 'no note came'
  run_git log -1 --stat
  expect "$git_files/prod"
  expect_not "$git_files/banner"
  run titan wait deployment/prod deployment/banner --for ready --timeout 30s
  run titan get deployments -o wide
  [[ $(grep -c READY <<<"$output") == 2 ]] || fail 'two deployments were expected to be READY'
}

do_nothing() {
  act 'Nothing changed, so nothing is written'
  local before
  before=$(fingerprint "$DEMO/state" "$DEMO/root" "$DEMO/git")
  run_agent
  [[ $(fingerprint "$DEMO/state" "$DEMO/root" "$DEMO/git") == "$before" ]] ||
    fail 'the agent wrote something'
  echo "(no file below state, root and git was touched)"
}

delete_a_deployment() {
  act 'A deployment is deleted, and its files go'
  run titan delete deployment prod
  run_agent
  run titan wait deployment/prod --for deleted --timeout 30s
  show_files
  [[ ! -e $DEMO/root/etc/titan-demo/note ]] || fail 'a file of the deleted deployment is left'
  [[ -e $DEMO/root/etc/motd ]] || fail 'the other deployment lost its file'
  run_git log -1 --stat
  expect "$git_files/prod"
  expect_not "$git_files/banner"
  run titan get deployments -o wide
  expect banner
  expect_not prod
  run titan get changes
  expect DELETED
}

for program in titan-server titan-agent titan; do
  [[ -x $bin/$program ]] || fail "$bin/$program does not exist: run ./dev demo"
done
export PATH=$bin:$PATH HOME=$DEMO/home TITAN_RUN=$DEMO/run
unset TITAN_TOKEN TITAN_TOKEN_FILE TITAN_CONFIG TITAN_AGENT_CONFIG TITAN_DATA TITAN_LISTEN
unset XDG_CONFIG_HOME

start_server
describe_the_fleet
enroll_the_host
deliver
change_a_template
do_nothing
delete_a_deployment

act 'All of it went as it should'
echo 'seven lines of titan, two deployments delivered, one template changed, one deployment'
echo "deleted; $(git -c safe.directory='*' -C "$DEMO/git" rev-list --count HEAD) commits. Next:" \
  'the README, and ./dev help.'
