#include "client/template_directory.hpp"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "base/limits.hpp"
#include "client/limits.hpp"
#include "model/limits.hpp"
#include "model/template_manifest.hpp"

namespace titan::client {
namespace {

std::string joined(const std::string& folder, const std::string& name) {
  return folder.empty() ? name : folder + "/" + name;
}

Error about(Error error, const std::string& path) {
  if (error.subject.empty()) error.subject = path;
  return error;
}

// Walks the folders depth first, each sorted by name.
class Reader {
 public:
  Reader(FileSystem& files, std::string root) : files_(files), root_(std::move(root)) {}

  Result<TemplateDirectory> read() {
    TITAN_TRY(read_manifest());
    TITAN_TRY(walk("", 0));
    auto spec = manifest_.complete(std::move(result_.spec.files));
    if (!spec) return about(std::move(spec).error(), place(manifest_name_));
    result_.spec = *std::move(spec);
    return std::move(result_);
  }

 private:
  // `path` is relative to the template's folder; errors name it from the root of `files_`.
  [[nodiscard]] std::string place(const std::string& path) const {
    return path.empty() ? root_ : joined(root_, path);
  }

  Result<std::string> content_of(const std::string& path) {
    auto content = files_.read(place(path), model::kTemplateFileBytesMax);
    if (!content) return about(std::move(content).error(), place(path));
    return content;
  }

  Result<void> read_manifest() {
    TITAN_ASSIGN(const auto entries, entries_of(""));
    std::vector<FileSystem::Entry> found;
    std::ranges::copy_if(entries, std::back_inserter(found), [](const auto& entry) {
      return model::TemplateManifest::is_name(entry.name);
    });
    if (found.empty()) return {};
    if (found.size() > 1) {
      return about(invalid("stands beside template.yml; expected one manifest"),
                   place(found[0].name));
    }
    const std::string& name = found[0].name;
    TITAN_TRY(check_regular(name, found[0].type));
    TITAN_ASSIGN(const std::string text, content_of(name));
    auto manifest = model::TemplateManifest::parse(text);
    if (!manifest) return about(std::move(manifest).error(), place(name));
    manifest_ = *std::move(manifest);
    manifest_name_ = name;
    return {};
  }

  Result<std::vector<FileSystem::Entry>> entries_of(const std::string& folder) {
    auto entries = files_.list(place(folder));
    if (!entries) return about(std::move(entries).error(), place(folder));
    std::ranges::sort(*entries, {}, &FileSystem::Entry::name);
    return entries;
  }

  Result<void> walk(const std::string& folder, std::size_t depth) {
    if (depth > kTemplateDepthMax) {
      return about(exhausted("the template's folders are nested deeper than " +
                             std::to_string(kTemplateDepthMax)),
                   place(folder));
    }
    TITAN_ASSIGN(const auto entries, entries_of(folder));
    for (const auto& entry : entries) {
      const std::string path = joined(folder, entry.name);
      const bool is_folder = entry.type == FileSystem::Type::directory;
      if (manifest_.leaves_out(path, is_folder)) continue;
      if (is_folder) {
        TITAN_TRY(walk(path, depth + 1));
      } else {
        TITAN_TRY(check_regular(path, entry.type));
        TITAN_TRY(add(path));
      }
    }
    return {};
  }

  Result<void> check_regular(const std::string& path, FileSystem::Type type) const {
    if (type == FileSystem::Type::file) return {};
    const char* what = type == FileSystem::Type::symlink ? "a symbolic link" : "no regular file";
    return about(
        invalid("a template holds only files and folders, and this is " + std::string(what)),
        place(path));
  }

  Result<void> add(const std::string& path) {
    if (result_.spec.files.size() >= model::kTemplateFilesMax) {
      return about(exhausted("the template has more than " +
                             std::to_string(model::kTemplateFilesMax) + " files"),
                   place(path));
    }
    auto info = files_.info(place(path));
    if (!info) return about(std::move(info).error(), place(path));
    TITAN_ASSIGN(std::string content, content_of(path));
    bytes_ += content.size();
    if (bytes_ > model::kTemplateBytesMax) {
      return about(exhausted("the template's files together are longer than " +
                             std::to_string(model::kTemplateBytesMax) + " bytes"),
                   place(path));
    }
    const Digest digest = Digest::of(content);
    const std::uint32_t mode = (info->mode & 0100U) != 0 ? 0755 : 0644;
    result_.spec.files.push_back({path, mode, digest, content.size()});
    result_.blobs.emplace(digest, std::move(content));
    return {};
  }

  FileSystem& files_;
  std::string root_;
  TemplateDirectory result_;
  std::string manifest_name_;  // empty: there is none
  model::TemplateManifest manifest_;
  std::size_t bytes_ = 0;
};

}  // namespace

Result<TemplateDirectory> read_template_directory(FileSystem& files, const std::string& path) {
  return Reader(files, path).read();
}

}  // namespace titan::client
