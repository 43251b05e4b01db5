#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/random.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "cli/config_file.hpp"
#include "cli/env.hpp"

namespace titan::cli {

// What is shown to a server to be let in, and where it was found.
struct Token {
  Secret secret = {};       // empty: none
  std::string source = {};  // "TITAN_TOKEN", "the context \"lab\"", for messages
};

// The token is, in this order: in the file of --token-file, in TITAN_TOKEN, in the file of
// TITAN_TOKEN_FILE, that of the context, none. `context`: whose server it is; null: of none. Errors
// are those of read_token_file(), and check_token() of TITAN_TOKEN.
Result<Token> find_token(const std::optional<std::string>& token_file, const Context* context,
                         const Env& env);

// The one line of a file, without the white space around it. invalid when it is no token; otherwise
// what reading the file gave.
Result<Secret> read_token_file(const Env& env, const std::string& path);

// invalid, at that field, and quoting nothing, unless it is printable ASCII without blanks, of at
// most kTokenBytesMax bytes: what can stand in a header.
Result<void> check_token(const std::string& field, std::string_view token);

// base64url of kTokenSecretBytes random bytes, after the prefix.
Secret make_secret_text(std::string_view prefix, Random& random);

}  // namespace titan::cli
