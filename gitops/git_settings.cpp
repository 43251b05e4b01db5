#include "gitops/git_settings.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <utility>
#include <vector>

#include "base/secret_file.hpp"
#include "base/text.hpp"
#include "gitops/limits.hpp"

namespace titan::gitops {
namespace {

constexpr std::array kSettings = {
    GitSetting{
        "gitUser", "NAME",
        "Whom to log in as at the remote; left out: whom its URL names, or git by ssh, titan "
        "beside a token",
        &GitSettings::git_user},
    GitSetting{"gitTokenFile", "FILE", "The token for https://, in a file with mode 0600",
               &GitSettings::git_token_file},
    GitSetting{"gitCaFile", "FILE",
               "Certificates (PEM) to trust for a remote by https://, and no others; left out: the "
               "system's",
               &GitSettings::git_ca_file},
    GitSetting{"gitHttp", "WHERE", "Where http:// may lead to: loopback or anywhere",
               &GitSettings::git_http},
    GitSetting{"gitKeyFile", "FILE", "The secret key for ssh, in a file with mode 0600",
               &GitSettings::git_key_file},
    GitSetting{"gitPassphraseFile", "FILE", "The passphrase of that key, in a file with mode 0600",
               &GitSettings::git_passphrase_file},
    GitSetting{"gitKnownHosts", "FILE", "The keys of ssh servers that are believed",
               &GitSettings::git_known_hosts},
    GitSetting{"gitOnRewrite", "POLICY",
               "When the remote has lost commits: recreate what is missing, or stop",
               &GitSettings::git_on_rewrite},
    GitSetting{"gitDepth", "COUNT", "How many commits are kept on this host, about; 0: all",
               &GitSettings::git_depth},
};

// What some settings may be, by their keys.
const std::map<std::string_view, std::array<std::string, 2>>& choices() {
  static const std::map<std::string_view, std::array<std::string, 2>> kChoices = {
      {"gitHttp", {"loopback", "anywhere"}}, {"gitOnRewrite", {"recreate", "stop"}}};
  return kChoices;
}

Result<void> put_text(std::string_view key, const std::string& text, std::string& value) {
  const auto found = choices().find(key);
  if (found != choices().end() && std::ranges::find(found->second, text) == found->second.end()) {
    return invalid("expected " + found->second[0] + " or " + found->second[1] + ", found " +
                   quote(text));
  }
  value = text;
  return {};
}

Result<void> put_text(std::string_view, const std::string& text, std::uint32_t& value) {
  const char* const end = text.data() + text.size();
  std::uint32_t number = 0;
  const auto [stopped, failure] = std::from_chars(text.data(), end, number);
  if (failure != std::errc{} || stopped != end || number > kDepthMax) {
    return invalid("expected a whole number up to " + std::to_string(kDepthMax) + ", found " +
                   quote(text));
  }
  value = number;
  return {};
}

std::string text_of(const std::string& value) {
  return value;
}
std::string text_of(std::uint32_t value) {
  return std::to_string(value);
}

}  // namespace

std::span<const GitSetting> git_settings() {
  return kSettings;
}

Result<void> GitSetting::put(const std::string& text, GitSettings& into) const {
  if (text.empty()) return {};
  return std::visit([&](auto pointer) { return put_text(key, text, into.*pointer); }, member);
}

std::string GitSetting::text_in(const GitSettings& settings) const {
  return std::visit([&](auto pointer) { return text_of(settings.*pointer); }, member);
}

Publisher::Options publisher_options(const GitSettings& settings, ConnectToWeb connect) {
  using OnRewrite = Repository::OnRewrite;
  return {
      .push = {.access = {.user = settings.git_user,
                          .token_file = settings.git_token_file,
                          .allow_plain_http = settings.git_http == "anywhere",
                          .key_file = settings.git_key_file,
                          .passphrase_file = settings.git_passphrase_file,
                          .known_hosts_file = settings.git_known_hosts,
                          .connect = [connect = std::move(connect), ca_file = settings.git_ca_file](
                                         const std::string& url) { return connect(url, ca_file); }},
               .on_rewrite =
                   settings.git_on_rewrite == "stop" ? OnRewrite::stop : OnRewrite::recreate},
      .depth = settings.git_depth};
}

Result<SigningKey> read_signing_key(const std::string& path) {
  TITAN_ASSIGN(const Secret text, read_secret_file(path));
  auto key = SigningKey::parse(text.bytes());
  if (!key) key.error().subject = path;
  return key;
}

}  // namespace titan::gitops
