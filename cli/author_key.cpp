#include "cli/author_key.hpp"

#include <utility>

#include "base/secret_file.hpp"
#include "cli/local_file.hpp"

namespace titan::cli {
namespace {}  // namespace

Result<PublicKey> create_author_key(const Env& env, const std::string& path) {
  const LocalPath place = take_apart(path);
  auto folder = env.open_folder(place.folder);
  if (!folder) return about(path, std::move(folder).error());
  if ((*folder)->info(place.name)) {
    return about(path, conflict("there is something already; a key is never overwritten"));
  }
  const SigningKey key = SigningKey::make(env.random);
  const auto written = write_secret_file(**folder, place.name, key.secret_text().bytes());
  if (!written) return about(path, written.error());
  return key.public_key();
}

Result<SigningKey> read_author_key(const Env& env, const std::string& path) {
  const LocalPath place = take_apart(path);
  auto folder = env.open_folder(place.folder);
  if (!folder) return about(path, std::move(folder).error());
  const auto line = read_secret_file(**folder, place.name);
  if (!line) return about(path, line.error());
  auto key = SigningKey::parse(line->bytes());
  if (!key) return about(path, std::move(key).error());
  return key;
}

}  // namespace titan::cli
