#pragma once

#include <string>

#include "base/result.hpp"
#include "base/signing.hpp"
#include "cli/env.hpp"

// The file in which an author keeps a signing key: its secret text and a line's end, of mode 0600.
namespace titan::cli {

// Makes a key and writes it to `path`. conflict when something is there already; the errors'
// subject is `path`.
Result<PublicKey> create_author_key(const Env& env, const std::string& path);
// denied when others than the file's owner may read it; invalid when there is no key in it. The
// errors' subject is `path`.
Result<SigningKey> read_author_key(const Env& env, const std::string& path);

}  // namespace titan::cli
