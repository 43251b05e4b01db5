#include "cli/token.hpp"

#include <algorithm>
#include <utility>

#include "base/base64.hpp"
#include "base/text.hpp"
#include "cli/limits.hpp"
#include "cli/local_file.hpp"

namespace titan::cli {
namespace {

Result<Token> token_of_file(const std::string& path, std::string source, const Env& env) {
  TITAN_ASSIGN(Secret secret, read_token_file(env, path));
  return Token{std::move(secret), std::move(source)};
}

}  // namespace

Result<Token> find_token(const std::optional<std::string>& token_file, const Context* context,
                         const Env& env) {
  if (token_file) return token_of_file(*token_file, "--token-file", env);
  if (std::string token = env.variable("TITAN_TOKEN").value_or(""); !token.empty()) {
    TITAN_TRY(check_token("TITAN_TOKEN", token));
    return Token{Secret::of(std::move(token)), "TITAN_TOKEN"};
  }
  if (const std::string path = env.variable("TITAN_TOKEN_FILE").value_or(""); !path.empty()) {
    return token_of_file(path, "TITAN_TOKEN_FILE", env);
  }
  if (context == nullptr) return Token{};
  const std::string source = "the context " + quote(context->name);
  if (!context->token_file.empty()) return token_of_file(context->token_file, source, env);
  return Token{Secret::of(context->token), source};
}

Result<Secret> read_token_file(const Env& env, const std::string& path) {
  TITAN_ASSIGN(std::string text, read_local_file(env, path, kTokenBytesMax));
  Secret token = Secret::of(std::string(trim(text)));
  wipe(text);
  auto checked = check_token("", token.bytes());
  if (checked) return token;
  checked.error().subject = path;
  return checked.error();
}

Result<void> check_token(const std::string& field, std::string_view token) {
  const auto can_stand = [](char c) { return c > ' ' && c < '\x7f'; };
  if (token.empty()) return invalid_field(field, "is empty; expected a token");
  if (token.size() > kTokenBytesMax || !std::ranges::all_of(token, can_stand)) {
    return invalid_field(field, "is no token; expected one line of printable ASCII, of at most " +
                                    std::to_string(kTokenBytesMax) + " bytes and without blanks");
  }
  return {};
}

Secret make_secret_text(std::string_view prefix, Random& random) {
  const Secret bytes = Secret::random(random, kTokenSecretBytes);
  std::string text(prefix);
  std::string encoded = base64url(bytes.bytes());
  text += encoded;
  wipe(encoded);
  return Secret::of(std::move(text));
}

}  // namespace titan::cli
