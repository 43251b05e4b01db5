#!/usr/bin/env bash
# People can log in at a certified OpenID provider, and the server's side takes what it should.
source "$(dirname "${BASH_SOURCE[0]}")/tools.sh"
need_command node nodejs
(($(node --print 'process.versions.node.split(".")[0]') >= 20)) ||
  skip "the identity provider needs Node.js 20 or later; here is $(node --version)"
install_tools
cp "$source/identity_provider.mjs" "$source/log_in.mjs" "$folder/../tools"
TITAN_NODE=$(command -v node) TITAN_LOGIN_SCRIPTS=$folder/../tools \
  "$folder/../titan_login_test" 2>&1 | tee "$folder/tests.log"
grep -q '^\[  PASSED  \]' "$folder/tests.log" || fail 'they did not pass'
