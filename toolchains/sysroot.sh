#!/usr/bin/env bash
# Makes build/sysroot/ARCHITECTURE: the headers and libraries that a cross build of titan needs,
# from Debian's packages of that architecture. They are unpacked and nothing of them runs, so
# neither an emulator nor a foreign architecture of this machine's dpkg is asked for. The mirror is
# the one that apt is set up with. Does nothing when the folder is there, of the same packages.
# Needs mmdebstrap and root, and half a minute.
# Usage: toolchains/sysroot.sh ARCHITECTURE
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# The architectures that this was tried with; each has a toolchains/ARCHITECTURE.cmake.
readonly architectures=(armel)
# What cmake/TitanDependencies.cmake looks for.
readonly packages=(
  libc6-dev libgit2-dev libcpp-httplib-dev nlohmann-json3-dev libsqlite3-dev libsodium-dev
  libexpected-dev libcli11-dev libyaml-cpp-dev libevent-dev libssl-dev zlib1g-dev libbenchmark-dev
)

fail() {
  printf 'sysroot.sh: %s\n' "$*" >&2
  exit 1
}

# The first of apt's mirrors that has the release of this system. Only "main" of the release itself:
# not every port has security updates.
mirror_of() {
  # shellcheck disable=SC2016  # the variables are apt's
  apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
    awk -v release="$1" '$1 == release && $2 == "main" && !found { print $3; found = 1 }'
}

# They name places in the sysroot.
make_links_relative() {
  local link target
  while IFS= read -r -d '' link; do
    target=$(readlink "$link")
    ln --symbolic --force --no-dereference --relative "$1$target" "$link"
  done < <(find "$1" -type l -lname '/*' -print0)
}

main() {
  local architecture=${1:-} release mirror
  [[ " ${architectures[*]} " == *" $architecture "* ]] ||
    fail "\"$architecture\" is not known; expected one of: ${architectures[*]}"
  local folder=build/sysroot/$architecture made_of="${packages[*]}"
  if [[ -f $folder/made-of && $(<"$folder/made-of") == "$made_of" ]]; then return; fi

  command -v mmdebstrap >/dev/null || fail 'the Debian package mmdebstrap is missing'
  # shellcheck source=/dev/null  # a file of the system
  release=$(. /etc/os-release && echo "$VERSION_CODENAME")
  mirror=$(mirror_of "$release")
  [[ -n $mirror ]] || fail "apt knows no mirror of $release main"

  mkdir -p build/sysroot
  local fresh
  fresh=$(mktemp -d "build/sysroot/.$architecture.XXXXXX")
  # shellcheck disable=SC2064  # the name as it is now
  trap "rm -rf '$fresh'" EXIT
  local IFS=,
  mmdebstrap --quiet --variant=extract --architectures="$architecture" --components=main \
    --include="${packages[*]}" --format=tar "$release" - "$mirror" |
    tar --extract --directory "$fresh" --no-same-owner --exclude=./dev --exclude=./usr/share/doc \
      --exclude=./usr/share/man --exclude=./usr/share/locale --exclude=./var
  make_links_relative "$fresh"
  echo "$made_of" >"$fresh/made-of"
  chmod 755 "$fresh"
  rm -rf "$folder"
  mv "$fresh" "$folder"
}

main "$@"
