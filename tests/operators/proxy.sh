#!/usr/bin/env bash
# What the programs ask and are answered is what /openapi.json says: Prism stands between them and
# the server, compares each request and each answer, and turns what disagrees into an error.
source "$(dirname "${BASH_SOURCE[0]}")/tools.sh"
install_tools
need_command curl curl
start_server
server=$url
curl --silent --fail "$server/openapi.json" >"$work/openapi.json"
port=$(node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => {
  console.log(s.address().port); s.close(); })')
prism proxy "$work/openapi.json" "$server" --host 127.0.0.1 --port "$port" --errors \
  >"$folder/prism.log" 2>&1 &
started+=($!)
until curl --silent --output /dev/null "http://127.0.0.1:$port/v1/status"; do
  kill -0 "${started[-1]}" 2>/dev/null || fail "Prism ended: $(cat "$folder/prism.log")"
  sleep 0.2
done
export TITAN_SERVER=http://127.0.0.1:$port HOME=$work TITAN_TOKEN=$token
titan=$bin/titan

run() { "$@" >"$work/output" 2>&1 || fail "$* ended with $?: $(cat "$work/output")"; }
refused() {
  if "$@" >"$work/output" 2>&1; then fail "$* was not refused"; fi
  if grep -q 'Violat\|stoplight' "$work/output"; then fail "$*: $(cat "$work/output")"; fi
}

cd "$source/../../examples"
# Prism fails at an error without a body, which is what HEAD gets for a blob that is not there: so
# the blobs are there.
upload() {
  run ask --request PUT --data-binary "@$1" \
    --header 'Content-Type: application/octet-stream' \
    "$TITAN_SERVER/v1/blobs/sha256:$(sha256sum "$1" | cut -d ' ' -f 1)"
}
while IFS= read -r file; do upload "$file"; done < <(find . -type f)
run "$titan" create host --name tim-pi --labels name=tim-pi,platform=kubernetes
run "$titan" create template device-service -f ./device-service
run "$titan" get workspaces
run "$titan" create workload temperature-sensor --repo https://git.example.org/sensor
run "$titan" create workload temperature-sensor --repo https://git.example.org/sensor \
  --workspace iot
run "$titan" create target tim-pi --labels name=tim-pi
run "$titan" create deployment prod --workload temperature-sensor --template device-service \
  --target tim-pi
mkdir "$work/root"
export TITAN_RUN=$work/run
run "$bin/titan-agent" enroll "$("$titan" create enrollment --host tim-pi 2>/dev/null)" \
  --state "$work/state"
agent() {
  run "$bin/titan-agent" once --server "$TITAN_SERVER" --host tim-pi --state "$work/state" \
    --root "$work/root" --git "$work/git"
}
agent
agent
run "$titan" wait deployment/prod --timeout 30s
run "$titan" apply -f fleet/fleet.yaml
run "$titan" create deployment limited --workload temperature-sensor --template device-service \
  --target tim-pi --replicas 1
run "$titan" get deployments -A -o wide --status READY,CREATING,UPDATING,INITIALIZED
# No selector with a space: Prism sends it on as a plus.
run "$titan" get hosts -l 'name=tim-pi,!gpu' --tags a=b
run "$titan" get assignments
run "$titan" auth whoami
run "$titan" auth can-i create deployments
run "$titan" create token viewer --role viewer
run "$titan" get tokens
run "$titan" get enrollments
run "$titan" get devices
run "$titan" revoke token viewer
run "$titan" get changes --actor token/admin --kind host --limit 3
run "$titan" get changes --since 10m
run "$titan" describe host tim-pi
run "$titan" describe deployment prod
run "$titan" delete deployment prod
agent
run "$titan" delete deployment limited --force
run "$titan" get deployments --status DELETED
refused "$titan" get host absent
refused "$titan" create deployment bad --workload absent --template device-service --target tim-pi
refused "$titan" delete workspace iot

# The parts that no program asks for.
for path in '/v1/metrics' '/v1/hosts/tim-pi/state' '/v1/hosts/tim-pi/changes?render=true' \
  '/v1/hosts?limit=1' '/v1/changes?wait=1s' '/docs' '/redocs' '/openapi.json'; do
  run ask "$TITAN_SERVER$path"
done
if grep -q 'Violation' "$folder/prism.log"; then
  fail "Prism found what disagrees: $(grep -A3 'Violation' "$folder/prism.log")"
fi
# It would have said so.
answer=$(curl --silent --header "Authorization: Bearer $token" \
  --header 'Content-Type: application/json' --data '{"nmae": "x"}' \
  "$TITAN_SERVER/v1/hosts")
[[ $answer == *stoplight* ]] || fail "Prism let an unknown field pass: $answer"
echo "$(grep -c 'Forwarding' "$folder/prism.log") requests agree with the description"
