#!/usr/bin/env bash
# /docs and /redocs show the operations in a real browser; screenshots stay in FOLDER.
source "$(dirname "${BASH_SOURCE[0]}")/tools.sh"
need_command chromium chromium
need_command curl curl
start_server
if curl --silent --fail "$url/docs" | grep -q 'has no copy'; then
  skip 'the server was built without the pages (npm was missing, or its registry out of reach)'
fi

# look PAGE: what the browser makes of it.
look() {
  timeout 120 chromium --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage \
    --user-data-dir="$work/browser" --virtual-time-budget=20000 --window-size=1200,1600 \
    --enable-logging=stderr --screenshot="$folder/$1.png" --dump-dom "$url/$1" \
    >"$folder/$1.html" 2>"$folder/$1.log" || fail "chromium ended with $? on /$1"
  local text
  for text in 'List hosts' 'Create or replace a deployment' 'Follow a change'; do
    grep -q "$text" "$folder/$1.html" || fail "/$1 does not show \"$text\"; see $folder/$1.png"
  done
  [[ -s $folder/$1.png ]] || fail "there is no screenshot of /$1"
  if grep -q "CONSOLE.*script.*Content Security Policy" "$folder/$1.log"; then
    fail "/$1 wants what its policy forbids: $(grep 'CONSOLE' "$folder/$1.log")"
  fi
}
look docs
look redocs
echo "both show the operations: $folder/docs.png, $folder/redocs.png"
