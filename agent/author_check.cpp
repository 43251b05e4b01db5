#include "agent/author_check.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/text.hpp"
#include "model/author_statement.hpp"

namespace titan::agent {
namespace {

using model::AuthorSignatures;
using model::SignedValues;
using nlohmann::json;

Error refused(const std::string& why) {
  return denied("not signed by an author this host trusts: " + why);
}

// The greatest serial with which one of the keys has signed the statement. `what`: the statement's
// subject.
template <class Statement>
Result<std::uint64_t> signed_serial(const AuthorSignatures& signatures, const AuthorPolicy& policy,
                                    const Statement& statement, const std::string& what) {
  std::optional<std::uint64_t> serial;
  const PublicKey* broken = nullptr;
  for (const model::AuthorSignature& signature : signatures) {
    if (std::ranges::find(policy.keys, signature.key) == policy.keys.end()) continue;
    if (model::holds(signature, statement)) {
      serial = std::max(serial.value_or(0), signature.serial);
    } else {
      broken = &signature.key;
    }
  }
  if (serial) return *serial;
  if (broken != nullptr) {
    return refused("the signature by " + broken->text() + " is not of " + what +
                   " as the server sent it");
  }
  return refused(what + " is signed by none of this host's keys, but by " +
                 signatures.front().key.text());
}

Result<void> check_age(std::uint64_t serial, std::uint64_t taken, const std::string& what) {
  if (serial >= taken) return {};
  return refused("the signature of " + what + " is older (" + std::to_string(serial) +
                 ") than one that was taken (" + std::to_string(taken) + ")");
}

// Those that the form was made of. Nothing but the name and the labels may stand beside them.
Result<model::Labels> labels_in(const json& inputs, const AuthorPolicy& policy) {
  const json host = inputs.value("host", json::object());
  model::Labels labels;
  if (host.is_object() && host.contains("labels") && host["labels"].is_object()) {
    for (const auto& [key, value] : host["labels"].items()) {
      if (value.is_string()) labels[key] = value.get<std::string>();
    }
  }
  if (host == json{{"name", policy.host}, {"labels", labels}}) return labels;
  return refused("the form is made for another host");
}

Result<std::uint64_t> check_host(const model::DesiredDeployment& form, const AuthorPolicy& policy,
                                 std::uint64_t taken) {
  TITAN_ASSIGN(const model::Labels labels, labels_in(form.inputs.json(), policy));
  if (!form.host) {
    if (taken != 0) return refused("this host's labels and values are signed no more");
    if (labels.empty()) return 0;
    return refused("nobody signed this host's labels");
  }
  const model::HostStatement statement{
      .key = {.organization = policy.organization, .kind = model::Kind::host, .name = policy.host},
      .labels = labels,
      .values = form.host->values};
  const std::string what = "host/" + policy.host;
  TITAN_ASSIGN(const std::uint64_t serial,
               signed_serial(form.host->signatures, policy, statement, what));
  TITAN_TRY(check_age(serial, taken, what));
  return serial;
}

}  // namespace

Result<AuthorSerials> check_author(const model::DesiredDeployment& form, const AuthorPolicy& policy,
                                   const AuthorSerials& taken) {
  if (policy.keys.empty()) return taken;
  const std::string what = "deployment/" + form.key.name;
  if (!form.author) return refused("nobody signed " + what);
  if (form.key.organization != policy.organization) {
    return refused("it is of the organization " + quote(form.key.organization));
  }
  const SignedValues& author = *form.author;
  const model::AuthorStatement statement{.key = form.key,
                                         .driver = form.driver,
                                         .files = form.files,
                                         .inputs = model::author_inputs(form.inputs, author.values),
                                         .health = form.health,
                                         .hooks = form.hooks,
                                         .depends_on = form.depends_on,
                                         .drift_policy = form.drift_policy};
  AuthorSerials serials;
  TITAN_ASSIGN(serials.deployment, signed_serial(author.signatures, policy, statement, what));
  TITAN_TRY(check_age(serials.deployment, taken.deployment, what));
  TITAN_ASSIGN(serials.host, check_host(form, policy, taken.host));
  const model::Values of_host = form.host ? form.host->values : model::Values();
  const json used = form.inputs.json().value("values", json());
  if (used.is_object() &&
      author.values.overlaid_with(of_host) == model::Values::from_trusted(used)) {
    return serials;
  }
  return refused("the values are others than those of " + what + " and of host/" + policy.host);
}

}  // namespace titan::agent
