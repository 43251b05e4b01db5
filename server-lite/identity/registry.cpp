#include "server-lite/identity/registry.hpp"

#include <mutex>
#include <utility>

#include "base/text.hpp"
#include "server-lite/actors.hpp"
#include "store/limits.hpp"

namespace titan::server_lite {
namespace {

// The part after "Bearer " (RFC 6750, section 2.1; the scheme in any case, RFC 9110, section 11.1).
std::string_view bearer_of(const HttpRequest& request) {
  constexpr std::string_view kScheme = "bearer ";
  const auto found = request.headers.find("Authorization");
  if (found == request.headers.end()) return {};
  const std::string_view text = found->second;
  if (text.size() <= kScheme.size()) return {};
  for (std::size_t i = 0; i < kScheme.size(); ++i) {
    const char c = text[i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c) != kScheme[i]) return {};
  }
  return trim(text.substr(kScheme.size()));
}

std::shared_ptr<const Identity> identity_of(const model::Entity& entity) {
  const auto& spec = std::get<model::TokenSpec>(entity.spec);
  return std::make_shared<const Identity>(
      Identity{.actor = std::string(kTokenActor) + entity.name,
               .organization = entity.organization,
               .grants = {{.role = spec.role, .workspace = spec.workspace}},
               .expires = spec.expires});
}

}  // namespace

Registry::Registry(const Clock& clock)
    : clock_(clock), nobody_(std::make_shared<const Identity>()) {}

Result<void> Registry::load(store::Store& store) {
  TITAN_ASSIGN(const auto organizations, store.organizations());
  for (const std::string& organization : organizations) {
    store::ListQuery query{
        .kind = model::Kind::token, .organization = organization, .limit = store::kPageMax};
    while (true) {
      TITAN_ASSIGN(const store::Page page, store.list(query));
      const std::unique_lock lock(mutex_);
      for (const model::Entity& entity : page.items) put(entity);
      if (!page.next) break;
      query.after = page.next;
    }
  }
  return {};
}

void Registry::put(const model::Entity& entity) {
  tokens_[std::get<model::TokenSpec>(entity.spec).digest] = identity_of(entity);
}

// Another token may have the digest by now; then it is that one's.
void Registry::remove(const model::Entity& entity) {
  const auto found = tokens_.find(std::get<model::TokenSpec>(entity.spec).digest);
  if (found == tokens_.end() || *found->second != *identity_of(entity)) return;
  tokens_.erase(found);
}

void Registry::apply(std::span<const model::Change> changes) {
  for (const model::Change& change : changes) {
    if (change.key.kind != model::Kind::token) continue;
    const std::unique_lock lock(mutex_);
    if (change.before) remove(*change.before);
    if (change.after) put(*change.after);
  }
}

Registry::Known Registry::who_asks(const HttpRequest& request) const {
  const std::string_view token = bearer_of(request);
  if (token.empty()) return nobody_;
  const Digest digest = Digest::of(token);
  Known known;
  {
    const std::shared_lock lock(mutex_);
    if (const auto found = tokens_.find(digest); found != tokens_.end()) known = found->second;
  }
  const bool counts = known && (known->expires == Timestamp() || clock_.wall() < known->expires);
  if (counts) return known;
  ++refused_;
  return nobody_;
}

bool Registry::has_tokens() const {
  const std::shared_lock lock(mutex_);
  return !tokens_.empty();
}

}  // namespace titan::server_lite
