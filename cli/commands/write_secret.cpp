#include "cli/commands/write_secret.hpp"

#include <charconv>
#include <map>
#include <utility>

#include "base/text.hpp"
#include "cli/commands/write.hpp"
#include "cli/limits.hpp"
#include "cli/local_file.hpp"
#include "cli/printer.hpp"
#include "model/labels.hpp"
#include "model/limits.hpp"
#include "model/secret_value.hpp"

namespace titan::cli {
namespace {

using Values = std::map<std::string, Secret>;

constexpr std::string_view kLettersAndDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

// Each letter with the same chance: what a byte has beyond the last whole round is thrown away.
Secret random_text(std::size_t length, Random& random) {
  constexpr std::size_t kUsed = 256 / kLettersAndDigits.size() * kLettersAndDigits.size();
  Secret text = Secret::zeros(length);
  for (std::size_t done = 0; done < length;) {
    const Secret byte = Secret::random(random, 1);
    const auto number = static_cast<std::uint8_t>(byte.bytes().front());
    if (number >= kUsed) continue;
    text.buffer()[done++] =
        static_cast<std::uint8_t>(kLettersAndDigits[number % kLettersAndDigits.size()]);
  }
  return text;
}

Result<std::size_t> parse_length(const std::string& text) {
  std::size_t length = 0;
  const char* end = text.data() + text.size();
  const auto [parsed, failure] = std::from_chars(text.data(), end, length);
  if (failure == std::errc() && parsed == end && length >= kGeneratedLettersMin &&
      length <= kGeneratedLettersMax) {
    return length;
  }
  return invalid("expected KEY or KEY=LENGTH, a length from " +
                 std::to_string(kGeneratedLettersMin) + " to " +
                 std::to_string(kGeneratedLettersMax));
}

// Collects values, and says of a flag what is wrong with it, but never its value.
class ValueReader {
 public:
  explicit ValueReader(const Env& env) : env_(env) {}

  Result<Values> read(const SecretValueFlags& flags) {
    for (const std::string& text : flags.literals) TITAN_TRY(literal(text));
    for (const std::string& text : flags.files) TITAN_TRY(file(text));
    for (const std::string& text : flags.generated) TITAN_TRY(generated(text));
    if (!values_.empty()) return std::move(values_);
    return invalid("expected a value: --from-literal, --from-file or --generate");
  }

 private:
  Result<void> literal(const std::string& text) {
    const std::size_t at = text.find('=');
    if (at == std::string::npos) return invalid_field("--from-literal", "expected KEY=VALUE");
    return add("--from-literal", text.substr(0, at), Secret::of(text.substr(at + 1)));
  }
  Result<void> file(const std::string& text) {
    const std::size_t at = text.find('=');
    if (at == std::string::npos) return invalid_field("--from-file", "expected KEY=PATH");
    const std::string path = text.substr(at + 1);
    if (path == "-" && std::exchange(read_input_, true)) {
      return invalid_field("--from-file", "standard input can be read once only");
    }
    TITAN_ASSIGN(std::string content,
                 path == "-" ? env_.read_input()
                             : read_local_file(env_, path, model::kSecretValueBytesMax + 1));
    return add("--from-file", text.substr(0, at), Secret::of(std::move(content)));
  }
  Result<void> generated(const std::string& text) {
    const std::size_t at = text.find('=');
    std::size_t length = kGeneratedLetters;
    if (at != std::string::npos) {
      const auto parsed = parse_length(text.substr(at + 1));
      if (!parsed) return invalid_field("--generate", parsed.error().message);
      length = *parsed;
    }
    return add("--generate", text.substr(0, at), random_text(length, env_.random));
  }
  Result<void> add(const char* flag, const std::string& key, Secret value) {
    if (!model::is_secret_key(key)) {
      return invalid_field(flag, quote(key) + " is not the key of a secret");
    }
    const auto checked = model::check_secret_value(value.bytes());
    if (!checked) return invalid_field(flag, quote(key) + ": " + checked.error().message);
    if (!values_.emplace(key, std::move(value)).second) {
      return invalid_field(flag, "the key " + quote(key) + " is given twice");
    }
    return {};
  }

  const Env& env_;
  Values values_;
  bool read_input_ = false;
};

// The stored secret, of which only keys that it has get another value.
Result<model::Entity> stored_secret(client::Client& client, const model::Key& key,
                                    const Values& values) {
  TITAN_ASSIGN(model::Entity secret, client.get(key));
  std::vector<std::string> keys;
  for (const auto& [name, entry] : std::get<model::SecretSpec>(secret.spec).data) {
    keys.push_back(name);
  }
  for (const auto& [name, value] : values) {
    if (std::get<model::SecretSpec>(secret.spec).data.contains(name)) continue;
    return Error{ErrorCode::not_found,
                 "it has no key " + quote(name) + did_you_mean(name, keys) +
                     "; titan edit or titan apply adds one",
                 key.subject()};
  }
  return secret;
}

}  // namespace

Result<ExitCode> run(const WriteSecretCommand& command, const Env& env) {
  auto values = ValueReader(env).read(command.values);
  if (!values && values.error().code == ErrorCode::invalid) {
    return report_usage(env, values.error());
  }
  if (!values) return std::move(values).error();
  TITAN_ASSIGN(auto session, Session::open(command.connection, env));
  client::Client& client = session.client();
  const model::Key key = session.key_of(model::Kind::secret, command.name);
  const bool rotates = command.mode == WriteSecretCommand::Mode::rotate;
  Draft draft{
      .entity = {.name = key.name, .workspace = key.workspace, .spec = model::SecretSpec{}}};
  if (rotates) {
    TITAN_ASSIGN(draft.entity, stored_secret(client, key, *values));
  } else if (command.tags) {
    auto tags = model::parse_labels(*command.tags);
    if (!tags) return report_usage(env, std::move(tags).error().context("--tags"));
    draft.entity.tags = *std::move(tags);
  }
  draft.values = *std::move(values);
  TITAN_TRY(seal_values(draft, client));
  TITAN_ASSIGN(const auto result,
               rotates ? client.put(draft.entity, {.if_match = draft.entity.revision})
                       : client.create(draft.entity, {.create_workspace = true}));
  const Printer printer(env, command.output);
  printer.write(result, rotates && result.outcome == client::WriteOutcome::updated
                            ? "rotated"
                            : applied_word(result.outcome));
  printer.written({result.entity});
  return ExitCode::done;
}

}  // namespace titan::cli
