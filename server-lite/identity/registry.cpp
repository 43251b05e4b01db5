#include "server-lite/identity/registry.hpp"

#include <algorithm>
#include <cstring>
#include <mutex>
#include <utility>

#include "base/text.hpp"
#include "server-lite/actors.hpp"
#include "server-lite/limits.hpp"
#include "store/limits.hpp"

namespace titan::server_lite {
namespace {

using model::Kind;

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

std::shared_ptr<RateLimit> limit_of(const Rate& rate) {
  return rate.per_second == 0 ? nullptr : std::make_shared<RateLimit>(rate);
}

std::string actor_of(const model::Entity& token) {
  return std::string(kTokenActor) + token.name;
}

std::shared_ptr<const Identity> identity_of(const model::Entity& entity, const Rate& rate) {
  const auto& spec = std::get<model::TokenSpec>(entity.spec);
  return std::make_shared<const Identity>(Identity{.actor = actor_of(entity),
                                                   .organization = entity.organization,
                                                   .grants = spec.grants,
                                                   .expires = spec.expires,
                                                   .rate = limit_of(rate)});
}

// What a device is to the server.
std::shared_ptr<const Identity> identity_of(const model::Key& device,
                                            std::shared_ptr<const Session> session,
                                            std::shared_ptr<RateLimit> rate) {
  return std::make_shared<const Identity>(Identity{.actor = std::string(kHostActor) + device.name,
                                                   .organization = device.organization,
                                                   .host = device.name,
                                                   .session = std::move(session),
                                                   .rate = std::move(rate)});
}

}  // namespace

Registry::Registry(const Clock& clock, Random& random, OnClone on_clone, const RequestRates& rates)
    : clock_(clock),
      on_clone_(on_clone),
      rates_(rates),
      nobody_(std::make_shared<const Identity>()),
      token_key_(MacKey::of(Secret::random(random, MacKey::kBytes))) {}

// ---- keeping up --------------------------------------------------------------------------------

Result<void> Registry::load(store::Store& store) {
  TITAN_ASSIGN(const auto organizations, store.organizations());
  for (const std::string& organization : organizations) {
    for (const Kind kind : {Kind::token, Kind::enrollment, Kind::device}) {
      store::ListQuery query{.kind = kind, .organization = organization, .limit = store::kPageMax};
      while (true) {
        TITAN_ASSIGN(const store::Page page, store.list(query));
        const std::unique_lock lock(mutex_);
        for (const model::Entity& entity : page.items) put(entity);
        if (!page.next) break;
        query.after = page.next;
      }
    }
  }
  return {};
}

void Registry::put(const model::Entity& entity) {
  if (const auto* token = std::get_if<model::TokenSpec>(&entity.spec)) {
    tokens_[token->digest] = identity_of(entity, rates_.token);
    seen_.clear();
  }
  if (const auto* enrollment = std::get_if<model::EnrollmentSpec>(&entity.spec)) {
    enrollments_[enrollment->digest] = entity;
  }
  if (std::holds_alternative<model::DeviceSpec>(entity.spec)) put_device(entity);
}

// Another one may have the digest by now; then it is that one's.
void Registry::remove(const model::Entity& entity) {
  if (const auto* token = std::get_if<model::TokenSpec>(&entity.spec)) {
    const auto found = tokens_.find(token->digest);
    const bool is_its = found != tokens_.end() && found->second->actor == actor_of(entity) &&
                        found->second->organization == entity.organization;
    if (is_its) tokens_.erase(found);
    seen_.clear();
  }
  if (const auto* enrollment = std::get_if<model::EnrollmentSpec>(&entity.spec)) {
    const auto found = enrollments_.find(enrollment->digest);
    if (found != enrollments_.end() && found->second.id == entity.id) enrollments_.erase(found);
  }
  if (std::holds_alternative<model::DeviceSpec>(entity.spec)) remove_device(entity);
}

void Registry::put_device(const model::Entity& entity) {
  const auto& spec = std::get<model::DeviceSpec>(entity.spec);
  const auto key = PublicKey::parse_known(spec.public_key);
  if (!key) return;  // it opens nothing
  devices_[entity.key()] = {.key = *key,
                            .revoked = spec.revoked,
                            .cloned = entity.status == model::Status::error,
                            .since = clock_.monotonic(),
                            .rate = limit_of(rates_.device)};
  keys_[*key] = entity.key();
}

void Registry::remove_device(const model::Entity& entity) {
  const auto found = devices_.find(entity.key());
  if (found == devices_.end()) return;
  end_sessions(found->second);
  const auto bound = keys_.find(found->second.key);
  if (bound != keys_.end() && bound->second == entity.key()) keys_.erase(bound);
  devices_.erase(found);
}

// The server noted something on a device, which stays who it is.
bool Registry::is_note(const model::Change& change) {
  if (!change.before || !change.after || !(change.before->spec == change.after->spec)) return false;
  const auto device = devices_.find(change.key);
  if (device == devices_.end() || change.after->status != model::Status::error) return false;
  device->second.cloned = true;
  if (on_clone_ == OnClone::refuse) end_sessions(device->second);
  return true;
}

void Registry::apply(std::span<const model::Change> changes) {
  for (const model::Change& change : changes) {
    const Kind kind = change.key.kind;
    if (kind != Kind::token && kind != Kind::enrollment && kind != Kind::device) continue;
    const std::unique_lock lock(mutex_);
    if (kind == Kind::device && is_note(change)) continue;
    const auto before = devices_.find(change.key);
    auto rate = before == devices_.end() ? nullptr : before->second.rate;
    if (change.before) remove(*change.before);
    if (change.after) put(*change.after);
    // Another key brings no new burst.
    const auto after = devices_.find(change.key);
    if (rate && after != devices_.end()) after->second.rate = std::move(rate);
  }
}

// ---- who asks ----------------------------------------------------------------------------------

// Its bits are as good as random.
std::size_t Registry::MacHash::operator()(const Mac& mac) const {
  std::size_t bits = 0;
  static_assert(sizeof bits <= Mac::kBytes);
  std::memcpy(&bits, mac.bytes().data(), sizeof bits);
  return bits;
}

std::pair<Registry::Known, Clock::Monotonic> Registry::holder_of(std::string_view token) const {
  const Mac mac = mac_of(token_key_, token);
  {
    const std::shared_lock lock(mutex_);
    // Devices ask most of the time.
    if (const auto session = sessions_.find(mac); session != sessions_.end()) {
      return {session->second.who, session->second.end};
    }
    if (const auto seen = seen_.find(mac); seen != seen_.end()) {
      return {seen->second, Clock::Monotonic::max()};
    }
  }
  const Digest digest = Digest::of(token);
  const std::unique_lock lock(mutex_);
  const auto found = tokens_.find(digest);
  if (found == tokens_.end()) return {};
  seen_.emplace(mac, found->second);
  return {found->second, Clock::Monotonic::max()};
}

Registry::Known Registry::who_asks(const HttpRequest& request, Clock::Monotonic now) const {
  const std::string_view token = bearer_of(request);
  if (token.empty()) return nobody_;
  auto [known, end] = holder_of(token);
  const bool counts = known && (known->expires == Timestamp() || clock_.wall() < known->expires) &&
                      (known->session == nullptr || now < end);
  if (counts) return known;
  ++refused_;
  return nobody_;
}

bool Registry::has_tokens() const {
  const std::shared_lock lock(mutex_);
  return !tokens_.empty();
}

std::vector<model::Key> Registry::expired(Timestamp before, std::size_t count_max) const {
  std::vector<model::Key> keys;
  const auto add = [&](Timestamp expires, const auto& key_of) {
    if (keys.size() < count_max && expires != Timestamp() && expires < before) {
      keys.push_back(key_of());
    }
  };
  const std::shared_lock lock(mutex_);
  for (const auto& [digest, who] : tokens_) {
    add(who->expires, [&token = *who] {
      return model::Key{.organization = token.organization,
                        .kind = Kind::token,
                        .name = token.actor.substr(kTokenActor.size())};
    });
  }
  for (const auto& [digest, entity] : enrollments_) {
    add(std::get<model::EnrollmentSpec>(entity.spec).expires,
        [&one = entity] { return one.key(); });
  }
  return keys;
}

// ---- devices -----------------------------------------------------------------------------------

std::optional<Registry::Bound> Registry::bound_to(const PublicKey& key) const {
  const std::shared_lock lock(mutex_);
  const auto found = keys_.find(key);
  if (found == keys_.end()) return std::nullopt;
  const Device& device = devices_.at(found->second);
  return Bound{.device = found->second,
               .revoked = device.revoked,
               .cloned = device.cloned,
               .since = device.since,
               .rate = device.rate};
}

bool Registry::has_device(const model::Key& device) const {
  const std::shared_lock lock(mutex_);
  return devices_.contains(device);
}

std::optional<PublicKey> Registry::key_of(const model::Key& device) const {
  const std::shared_lock lock(mutex_);
  const auto found = devices_.find(device);
  if (found == devices_.end() || found->second.revoked) return std::nullopt;
  return found->second.key;
}

std::optional<model::Entity> Registry::enrollment_of(const Digest& secret) const {
  const std::shared_lock lock(mutex_);
  const auto found = enrollments_.find(secret);
  return found == enrollments_.end() ? std::optional<model::Entity>() : found->second;
}

std::vector<model::Key> Registry::enrollments_for(const std::string& organization,
                                                  const std::string& host) const {
  std::vector<model::Key> keys;
  const std::shared_lock lock(mutex_);
  for (const auto& [digest, entity] : enrollments_) {
    const bool is_for_it = entity.organization == organization &&
                           std::get<model::EnrollmentSpec>(entity.spec).host == host;
    if (is_for_it) keys.push_back(entity.key());
  }
  return keys;
}

// ---- sessions ----------------------------------------------------------------------------------

void Registry::end_sessions(Device& device) {
  for (const Mac& token : device.sessions) {
    const auto found = sessions_.find(token);
    if (found == sessions_.end()) continue;
    found->second.session->over = true;
    sessions_.erase(found);
  }
  device.sessions.clear();
}

// The instance becomes the present one. An instance is of one boot of one device: one that comes
// back after a later one is of another device.
std::optional<Registry::Clone> Registry::find_clone(const model::Key& key, Device& device,
                                                    const Proven& proven) {
  auto& all = device.instances;
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](const Instance& one) { return one.id == proven.instance; });
  std::optional<Clone> clone;
  if (found != all.end() && found + 1 != all.end()) {
    const Instance& later = all.back();
    clone = Clone{.device = key,
                  .reason = "two devices hold its key: instance " + proven.instance + " from " +
                            proven.address + " and instance " + later.id + " from " + later.address,
                  .is_new = !device.cloned};
  }
  if (found != all.end()) all.erase(found);
  all.push_back({proven.instance, proven.address});
  if (all.size() > kInstancesKept + 1) all.pop_front();
  return clone;
}

tl::expected<Registry::Opened, Registry::NotOpened> Registry::open_session(Proven proven) {
  const auto refuse = [](NoSession why, std::optional<Clone> clone = {}) {
    return tl::unexpected(NotOpened{.why = why, .clone = std::move(clone)});
  };
  const Clock::Monotonic now = clock_.monotonic();
  const std::unique_lock lock(mutex_);
  const auto bound = keys_.find(proven.key);
  if (bound == keys_.end()) return refuse(NoSession::unknown_key);
  const model::Key& key = bound->second;
  Device& device = devices_.at(key);
  if (device.revoked) return refuse(NoSession::revoked);
  const Mac token = mac_of(token_key_, proven.token.bytes());
  if (const auto known = sessions_.find(token); known != sessions_.end()) {
    return Opened{.who = known->second.who};
  }
  if (proven.challenged < device.challenged) return refuse(NoSession::old_challenge);
  device.challenged = proven.challenged;
  if (device.cloned && on_clone_ == OnClone::refuse) return refuse(NoSession::cloned);
  auto clone = find_clone(key, device, proven);
  if (clone && on_clone_ == OnClone::refuse) {
    device.cloned = true;
    end_sessions(device);
    return refuse(NoSession::cloned, std::move(clone));
  }
  while (device.sessions.size() >= kSessionsPerDevice) {
    if (const auto oldest = sessions_.find(device.sessions.front()); oldest != sessions_.end()) {
      oldest->second.session->over = true;
      sessions_.erase(oldest);
    }
    device.sessions.erase(device.sessions.begin());
  }
  auto session = std::make_shared<Session>(std::move(proven.mac_key));
  Known who = identity_of(key, session, device.rate);
  sessions_.emplace(token, Admitted{who, std::move(session), now + kSessionLifetime});
  device.sessions.push_back(token);
  return Opened{.who = std::move(who), .clone = std::move(clone)};
}

std::size_t Registry::sessions() const {
  const std::shared_lock lock(mutex_);
  return sessions_.size();
}

}  // namespace titan::server_lite
