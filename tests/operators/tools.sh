# What the tests of this folder share; sourced by each. They are called with the folder of the
# programs and a folder of their own to write to.
set -euo pipefail

bin=$(realpath "${1:?usage: $0 BIN FOLDER}")
mkdir -p "${2:?usage: $0 BIN FOLDER}"
folder=$(realpath "$2")
source=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
work=$(mktemp -d "${TMPDIR:-/tmp}/titan-operators.XXXXXX")
readonly bin folder source work
started=()

end_everything() {
  local pid
  for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${started[@]}"; do wait "$pid" 2>/dev/null || true; done
  rm -rf "$work"
}
trap end_everything EXIT
trap 'exit 130' INT TERM

# ctest reads this exit code as "skipped".
skip() {
  echo "skipped: $*"
  exit 77
}

fail() {
  echo "failed: $*" >&2
  exit 1
}

# need_command NAME PACKAGE
need_command() {
  command -v "$1" >/dev/null || skip "there is no $1; ./dev setup installs it (the package $2)"
}

# Sets `url` and `token`, its admin's. The server says its port in its log.
start_server() {
  : >"$work/server.log"
  "$bin/titan-server" --data "$work/data" --listen 127.0.0.1:0 >/dev/null 2>"$work/server.log" &
  started+=($!)
  local line=''
  until [[ $line == *'"listening"'* ]]; do
    kill -0 "${started[-1]}" 2>/dev/null || fail "the server ended: $(cat "$work/server.log")"
    line=$(grep '"listening"' "$work/server.log" || true)
    [[ -n $line ]] || sleep 0.05
  done
  url=http://$(sed 's/.*"address":"\([^"]*\)".*/\1/' <<<"$line")
  token=$(<"$work/data/admin-token")
}

# curl as the admin, quiet, and failing when the server refuses.
ask() { curl --silent --show-error --fail --header "Authorization: Bearer $token" "$@"; }

# Installs the tools of package-lock.json once, beside the test's own folder; two tests may want
# them at the same time.
install_tools() {
  need_command npm npm
  tools=$folder/../tools
  mkdir -p "$tools"
  exec {lock}>"$tools/lock"
  flock "$lock"
  if ! cmp --silent "$source/package-lock.json" "$tools/installed.json"; then
    cp "$source/package.json" "$source/package-lock.json" "$tools"
    (cd "$tools" && npm ci --ignore-scripts --no-audit --no-fund --fetch-retries=1 >npm.log 2>&1) ||
      skip "npm could not fetch the tools: $(tail -n 3 "$tools/npm.log")"
    cp "$source/package-lock.json" "$tools/installed.json"
  fi
  flock -u "$lock"
  PATH=$tools/node_modules/.bin:$PATH
}
