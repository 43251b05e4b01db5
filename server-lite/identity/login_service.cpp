#include "server-lite/identity/login_service.hpp"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "base/text.hpp"
#include "model/field_reader.hpp"
#include "model/key.hpp"
#include "model/limits.hpp"
#include "server-lite/actors.hpp"
#include "server-lite/identity/token_text.hpp"
#include "server-lite/limits.hpp"
#include "server-lite/oidc/limits.hpp"

namespace titan::server_lite {
namespace {

using oidc::IdToken;

// Outcomes.
constexpr const char* kDone = "done";
constexpr const char* kDenied = "denied";
constexpr const char* kNoRole = "no_role";
constexpr const char* kUnavailable = "unavailable";
constexpr const char* kFailed = "failed";

Counter& counter(Metrics& metrics, std::string_view outcome) {
  return metrics.counter("titan_logins_total", "Logins through the identity provider.",
                         {{"outcome", std::string(outcome)}});
}

std::string organization_of(const oidc::Grant& grant) {
  return grant.organization.empty() ? std::string(model::kDefaultOrganization) : grant.organization;
}

// Where the person goes: where they want to, or to the default organization, or to their only one.
Result<std::string> choose_organization(const std::vector<oidc::Grant>& grants,
                                        const std::string& wanted) {
  if (!wanted.empty()) return wanted;
  std::set<std::string> all;
  for (const oidc::Grant& grant : grants) all.insert(organization_of(grant));
  const std::string standard(model::kDefaultOrganization);
  if (all.contains(standard)) return standard;
  if (all.size() == 1) return *all.begin();
  std::vector<std::string> names;
  for (const std::string& name : all) names.push_back(quote(name));
  return invalid_field("organization",
                       "must be given: you have roles in the organizations " + join(names, ", "));
}

// An ID token is longer than FieldReader's texts.
Result<std::string> read_id_token_text(const nlohmann::json& object) {
  const auto found = object.find("idToken");
  if (found == object.end() || !found->is_string()) {
    return invalid_field("idToken", "expected the ID token, a string");
  }
  const auto& text = found->get_ref<const std::string&>();
  if (!text.empty() && text.size() <= oidc::kTokenBytesMax) return text;
  return invalid_field("idToken", "expected 1 to " + std::to_string(oidc::kTokenBytesMax) +
                                      " bytes, found " + std::to_string(text.size()));
}

}  // namespace

Result<LoginRequest> parse_login_request(const nlohmann::json& object) {
  model::FieldReader reader(object, "");
  reader.ignore("idToken");
  LoginRequest request{.organization = reader.text("organization")};
  TITAN_TRY(reader.finish());
  if (!request.organization.empty()) {
    TITAN_TRY(model::check_name("organization", request.organization));
  }
  TITAN_ASSIGN(std::string text, read_id_token_text(object));
  request.id_token = Secret::of(std::move(text));
  return request;
}

std::string login_slug(std::string_view name) {
  std::string slug;
  for (const char c : name) {
    if (slug.size() == kLoginSlugBytesMax) break;
    const char small = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    const bool fits = (small >= 'a' && small <= 'z') || (small >= '0' && small <= '9');
    if (fits) slug += small;
    if (!fits && !slug.empty() && slug.back() != '-') slug += '-';
  }
  if (slug.ends_with('-')) slug.pop_back();
  return slug.empty() ? "person" : slug;
}

// Each outcome is counted from the start: who asks how much one has grown needs its beginning.
LoginService::LoginService(const Parts& parts) : parts_(parts), failures_(parts.clock) {
  for (const char* outcome : {kDone, kDenied, kNoRole, kUnavailable, kFailed}) {
    counter(parts_.metrics, outcome);
  }
}

void LoginService::count(std::string_view outcome) {
  counter(parts_.metrics, outcome).add();
}

Result<IdToken> LoginService::verify(const LoginRequest& request, std::string_view address) {
  auto person = parts_.provider->verify(request.id_token.bytes(), parts_.clock.wall(),
                                        parts_.clock.monotonic());
  if (person) return person;
  const bool is_denied = person.error().code == ErrorCode::denied;
  count(is_denied ? kDenied : kUnavailable);
  parts_.log.warning("a login was refused",
                     {{"reason", person.error().text()}, {"address", address}});
  if (!is_denied) return person;
  failures_.note_failure(address);
  return denied("the ID token does not count: " + person.error().text());
}

Result<LoginService::Place> LoginService::place_of(const IdToken& person,
                                                   const std::string& wanted) const {
  const auto grants = parts_.provider->options().grants_of(person.groups);
  if (grants.empty()) {
    return denied("you are " + quote(person.name) +
                  ", and no group of yours has a role on this server");
  }
  TITAN_ASSIGN(const std::string organization, choose_organization(grants, wanted));
  Place place{.organization = organization};
  for (const oidc::Grant& grant : grants) {
    if (organization_of(grant) != organization) continue;
    TITAN_ASSIGN(const model::Role role, model::parse_role(grant.role));
    place.grants.push_back({.role = role, .workspace = grant.workspace});
  }
  if (place.grants.empty()) {
    return denied("you are " + quote(person.name) +
                  ", and no group of yours has a role in the organization " + quote(organization));
  }
  if (place.grants.size() > model::kGrantsMax) {
    return denied("your groups have " + std::to_string(place.grants.size()) +
                  " roles; a token can hold " + std::to_string(model::kGrantsMax));
  }
  return place;
}

Result<LoginService::LoggedIn> LoginService::write_token(const IdToken& person, Place place,
                                                         const std::string& request_id) {
  LoggedIn made{.token = make_token_text(parts_.random),
                .organization = std::move(place.organization),
                .grants = std::move(place.grants),
                .expires = Timestamp::from_micros(parts_.clock.wall().micros() +
                                                  std::chrono::microseconds(kLoginTtl).count())};
  const std::string end = make_token(parts_.random).substr(0, kLoginNameDigits);
  const model::Entity token{
      .name = "login-" + login_slug(person.name) + "-" + end,
      .organization = made.organization,
      .spec = model::TokenSpec{.grants = made.grants,
                               .digest = Digest::of(made.token.bytes()),
                               .expires = made.expires,
                               .description = "login of " + person.name + " (" + person.subject +
                                              ") at " + parts_.provider->options().issuer}};
  const model::Entity workspace{.name = std::string(model::kDefaultWorkspace),
                                .organization = made.organization,
                                .spec = model::WorkspaceSpec{}};
  using Operation = ProposedChange::Operation;
  const Proposal proposal{
      .id = request_id,
      .actor = std::string(kLoginActor),
      .changes = {{.key = workspace.key(), .entity = workspace, .if_absent = true},
                  {.operation = Operation::create, .key = token.key(), .entity = token}}};
  const auto committed = parts_.writer.propose(proposal);
  if (!committed) return committed.error().error;
  made.actor = std::string(kTokenActor) + token.name;
  return made;
}

Result<LoginService::LoggedIn> LoginService::log_in(const LoginRequest& request,
                                                    std::string_view address,
                                                    const std::string& request_id) {
  if (parts_.provider == nullptr) {
    return not_found("this server knows no identity provider; log in with a token");
  }
  TITAN_ASSIGN(const IdToken person, verify(request, address));
  auto place = place_of(person, request.organization);
  if (!place) {
    count(kNoRole);
    parts_.log.warning(
        "a login was refused",
        {{"reason", place.error().text()}, {"subject", person.subject}, {"address", address}});
    return place.error();
  }
  auto made = write_token(person, *std::move(place), request_id);
  count(made ? kDone : kFailed);
  if (!made) return made;
  parts_.log.info("somebody logged in", {{"actor", made->actor},
                                         {"organization", made->organization},
                                         {"subject", person.subject},
                                         {"address", address}});
  return made;
}

}  // namespace titan::server_lite
