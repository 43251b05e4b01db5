#include "server-lite/template_remotes.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/text.hpp"
#include "base/yaml.hpp"
#include "model/field_reader.hpp"
#include "server-lite/limits.hpp"

namespace titan::server_lite {
namespace {

using gitops::RemoteAddress;
using model::FieldReader;
using nlohmann::json;
using Allowed = gitops::WireTemplateSource::Allowed;

std::string file_in(FieldReader& reader, const char* field) {
  std::string path = reader.text(field);
  if (!path.empty() && !path.starts_with('/')) {
    reader.refuse(field, "expected an absolute path, found " + quote(path));
  }
  return path;
}

void refuse_all(FieldReader& reader, std::initializer_list<const char*> fields,
                const char* what_for) {
  for (const char* field : fields) {
    if (reader.has(field)) {
      reader.refuse(field, std::string("is of no use here: it goes with ") + what_for);
    }
  }
}

Result<Allowed> read_remote(const json& item, const std::string& path, const ConnectWith& connect) {
  FieldReader reader(item, path);
  const std::string text = reader.required_text("prefix");
  Allowed allowed{.access = {.user = reader.text("user"),
                             .token_file = file_in(reader, "tokenFile"),
                             .key_file = file_in(reader, "keyFile"),
                             .passphrase_file = file_in(reader, "passphraseFile")}};
  const std::string ca_file = file_in(reader, "caFile");
  if (std::string file = file_in(reader, "knownHosts"); !file.empty()) {
    allowed.access.known_hosts_file = std::move(file);
  }
  auto prefix = gitops::RemotePrefix::parse(text);
  if (!prefix) {
    reader.refuse("prefix", prefix.error().message);
  } else if (prefix->kind() == RemoteAddress::Kind::http) {
    refuse_all(reader, {"keyFile", "passphraseFile", "knownHosts"}, "ssh");
  } else {
    refuse_all(reader, {"tokenFile", "caFile"}, "https://");
    refuse_all(reader, {"user"}, "https://; of ssh it stands in the prefix");
    reader.require({"keyFile"});
  }
  TITAN_TRY(reader.finish());
  allowed.prefix = *std::move(prefix);
  allowed.access.connect = connect(ca_file);
  return allowed;
}

}  // namespace

Result<std::vector<Allowed>> parse_template_remotes(std::string_view text,
                                                    const ConnectWith& connect) {
  if (text.size() > kTemplateRemotesBytesMax) {
    return exhausted("the file has " + std::to_string(text.size()) + " bytes; expected at most " +
                     std::to_string(kTemplateRemotesBytesMax));
  }
  TITAN_ASSIGN(const auto documents, parse_yaml(text));
  if (documents.size() != 1) {
    return invalid("holds " + std::to_string(documents.size()) + " documents; expected one");
  }
  FieldReader reader(documents.front(), "");
  const json* items = reader.array("remotes", gitops::kSourceRemotesMax);
  TITAN_TRY(reader.finish());
  std::vector<Allowed> remotes;
  if (items == nullptr) return invalid_field("remotes", "is missing");
  for (const json& item : *items) {
    const std::string path = "remotes[" + std::to_string(remotes.size()) + "]";
    TITAN_ASSIGN(Allowed allowed, read_remote(item, path, connect));
    for (const Allowed& other : remotes) {
      if (!other.prefix.is_same_as(allowed.prefix)) continue;
      return invalid_field(path + ".prefix", "means the same place as " + other.prefix.text());
    }
    remotes.push_back(std::move(allowed));
  }
  return remotes;
}

}  // namespace titan::server_lite
