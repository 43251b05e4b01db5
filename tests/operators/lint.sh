#!/usr/bin/env bash
# /openapi.json is well-formed, by the rules that Redocly recommends.
source "$(dirname "${BASH_SOURCE[0]}")/tools.sh"
install_tools
need_command curl curl
start_server
curl --silent --fail "$url/openapi.json" >"$folder/openapi.json"
REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true \
  redocly lint --config "$source/redocly.yaml" --max-problems=200 "$folder/openapi.json"
