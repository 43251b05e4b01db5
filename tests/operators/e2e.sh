#!/usr/bin/env bash
# The end-to-end tests that talk to a server by the programs, with Prism before each server: what is
# asked and answered is what /openapi.json says, or a test fails.
source "$(dirname "${BASH_SOURCE[0]}")/tools.sh"
install_tools
need_command curl curl
export TITAN_E2E_PROXY=$source/prism.sh
cd "$source/../.."
"$bin/../tests/e2e/titan_e2e_test" \
  --gtest_filter='CommandLine.*:Keeping.*' 2>&1 | tee "$folder/tests.log"
grep -q '^\[  PASSED  \]' "$folder/tests.log" || fail 'they did not pass'
