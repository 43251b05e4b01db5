#!/usr/bin/env bash
# prism.sh URL PORT: Prism on that port of this machine, before the server at the URL. It compares
# each request and each answer with the server's /openapi.json, and turns what disagrees into an
# error.
set -euo pipefail
description=$(mktemp)
curl --silent --fail "$1/openapi.json" >"$description"
exec prism proxy "$description" "$1" --host 127.0.0.1 --port "$2" --errors
