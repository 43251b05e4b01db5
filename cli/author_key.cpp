#include "cli/author_key.hpp"

#include <utility>

#include "base/text.hpp"
#include "cli/limits.hpp"
#include "cli/local_file.hpp"

namespace titan::cli {
namespace {

constexpr std::uint32_t kPrivateMode = 0600;
constexpr std::uint32_t kOthersMask = 0077;

Error about(const std::string& path, Error error) {
  error.subject = path;
  return error;
}

}  // namespace

Result<PublicKey> create_author_key(const Env& env, const std::string& path) {
  const LocalPath place = take_apart(path);
  auto folder = env.open_folder(place.folder);
  if (!folder) return about(path, std::move(folder).error());
  if ((*folder)->info(place.name)) {
    return about(path, conflict("there is something already; a key is never overwritten"));
  }
  const SigningKey key = SigningKey::make(env.random);
  const Secret line = Secret::of(std::string(key.secret_text().bytes()) + "\n");
  const auto written = write_atomically(**folder, place.name, line.bytes(), kPrivateMode);
  if (!written) return about(path, written.error());
  return key.public_key();
}

Result<SigningKey> read_author_key(const Env& env, const std::string& path) {
  const LocalPath place = take_apart(path);
  auto folder = env.open_folder(place.folder);
  if (!folder) return about(path, std::move(folder).error());
  const auto info = (*folder)->info(place.name);
  if (!info) return about(path, info.error());
  if ((info->mode & kOthersMask) != 0) {
    return about(path, denied("others may read this key; chmod 600 makes it yours alone"));
  }
  auto text = (*folder)->read(place.name, kAuthorKeyBytesMax);
  if (!text) return about(path, std::move(text).error());
  const Secret whole = Secret::of(*std::move(text));
  auto key = SigningKey::parse(trim(whole.bytes()));
  if (!key) return about(path, std::move(key).error());
  return key;
}

}  // namespace titan::cli
