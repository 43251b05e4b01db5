#include "gitops/template_tree.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/file_system.hpp"
#include "base/text.hpp"
#include "gitops/limits.hpp"
#include "gitops/reference_choice.hpp"
#include "model/limits.hpp"
#include "model/template_manifest.hpp"

namespace titan::gitops {
namespace {

using GitReference = GitHandle<git_reference, git_reference_free>;
using GitObject = GitHandle<git_object, git_object_free>;

Error about(Error error, const std::string& path) {
  if (error.subject.empty()) error.subject = path;
  return error;
}

std::string joined(const std::string& folder, const std::string& name) {
  return folder.empty() ? name : folder + "/" + name;
}

// Walks the trees depth first, in Git's order.
class Reader {
 public:
  Reader(git_repository* repository, std::string root)
      : repository_(repository), root_(std::move(root)) {}

  Result<TemplateReading> read(const git_oid& top) {
    TITAN_TRY(git_call(objects_, "opening the objects", git_repository_odb, repository_));
    TITAN_TRY(read_manifest(top));
    TITAN_TRY(walk(top, "", 0));
    auto spec = manifest_.complete(std::move(files_));
    if (!spec) return about(std::move(spec).error(), place(manifest_name_));
    result_.spec = *std::move(spec);
    return std::move(result_);
  }

 private:
  [[nodiscard]] std::string place(const std::string& path) const {
    return path.empty() ? root_ : joined(root_, path);
  }

  Result<void> read_manifest(const git_oid& top) {
    TITAN_ASSIGN(const GitTree tree, read_tree(repository_, top));
    const git_tree_entry* found = nullptr;
    for (std::size_t i = 0; i < git_tree_entrycount(tree.get()); ++i) {
      const git_tree_entry* entry = git_tree_entry_byindex(tree.get(), i);
      const std::string name = git_tree_entry_name(entry);
      if (!model::TemplateManifest::is_name(name)) continue;
      if (found != nullptr) {
        return about(invalid("stands beside " + manifest_name_ + "; expected one manifest"),
                     place(name));
      }
      found = entry;
      manifest_name_ = name;
    }
    if (found == nullptr) return {};
    TITAN_TRY(check_file(found, manifest_name_));
    TITAN_ASSIGN(const std::string text, content_of(*git_tree_entry_id(found), manifest_name_));
    auto manifest = model::TemplateManifest::parse(text);
    if (!manifest) return about(std::move(manifest).error(), place(manifest_name_));
    manifest_ = *std::move(manifest);
    return {};
  }

  Result<void> walk(const git_oid& folder, const std::string& path, std::size_t depth) {
    if (depth > kSourceDepthMax) {
      return about(exhausted("the template's folders are nested deeper than " +
                             std::to_string(kSourceDepthMax)),
                   place(path));
    }
    TITAN_ASSIGN(const GitTree tree, read_tree(repository_, folder));
    for (std::size_t i = 0; i < git_tree_entrycount(tree.get()); ++i) {
      const git_tree_entry* entry = git_tree_entry_byindex(tree.get(), i);
      const std::string inner = joined(path, git_tree_entry_name(entry));
      // One tree may stand in many places, so that few bytes make a large one.
      if (++entries_ > kSourceEntriesMax) {
        return about(exhausted("the folder holds more than " + std::to_string(kSourceEntriesMax) +
                               " files and folders"),
                     place(""));
      }
      const bool is_folder = git_tree_entry_type(entry) == GIT_OBJECT_TREE;
      if (manifest_.leaves_out(inner, is_folder)) continue;
      if (is_folder) {
        TITAN_TRY(walk(*git_tree_entry_id(entry), inner, depth + 1));
      } else {
        TITAN_TRY(check_file(entry, inner));
        TITAN_TRY(add(entry, inner));
      }
    }
    return {};
  }

  // A tree may hold what no file system would.
  Result<void> check_file(const git_tree_entry* entry, const std::string& path) const {
    const auto plain = check_relative_path(path);
    if (!plain) return about(plain.error(), place(path));
    if (utf8_prefix(path) != path.size()) return about(invalid("its name is not UTF-8"), place(""));
    const git_filemode_t mode = git_tree_entry_filemode(entry);
    if (mode == GIT_FILEMODE_BLOB || mode == GIT_FILEMODE_BLOB_EXECUTABLE) return {};
    const char* what = mode == GIT_FILEMODE_LINK     ? "a symbolic link"
                       : mode == GIT_FILEMODE_COMMIT ? "a submodule"
                                                     : "no regular file";
    return about(
        invalid("a template holds only files and folders, and this is " + std::string(what)),
        place(path));
  }

  Result<void> add(const git_tree_entry* entry, const std::string& path) {
    if (files_.size() >= model::kTemplateFilesMax) {
      return about(exhausted("the template has more than " +
                             std::to_string(model::kTemplateFilesMax) + " files"),
                   place(path));
    }
    TITAN_ASSIGN(std::string content, content_of(*git_tree_entry_id(entry), path));
    bytes_ += content.size();
    if (bytes_ > model::kTemplateBytesMax) {
      return about(exhausted("the template's files together are longer than " +
                             std::to_string(model::kTemplateBytesMax) + " bytes"),
                   place(path));
    }
    const bool may_run = git_tree_entry_filemode(entry) == GIT_FILEMODE_BLOB_EXECUTABLE;
    const Digest digest = Digest::of(content);
    files_.push_back(
        {.path = path, .mode = may_run ? 0755U : 0644U, .digest = digest, .size = content.size()});
    result_.blobs.emplace(digest, std::move(content));
    return {};
  }

  // The size is asked first: what is stored in few bytes may be long.
  Result<std::string> content_of(const git_oid& id, const std::string& path) {
    std::size_t size = 0;
    git_object_t type = GIT_OBJECT_INVALID;
    const auto known =
        git_check(git_odb_read_header(&size, &type, objects_.get(), &id), "reading an object");
    if (!known) return about(known.error(), place(path));
    if (size > model::kTemplateFileBytesMax) {
      return about(exhausted("the file is " + std::to_string(size) + " bytes long, the limit is " +
                             std::to_string(model::kTemplateFileBytesMax)),
                   place(path));
    }
    GitOdbObject object;
    const auto read = git_call(object, "reading an object", git_odb_read, objects_.get(), &id);
    if (!read) return about(read.error(), place(path));
    return std::string(static_cast<const char*>(git_odb_object_data(object.get())),
                       git_odb_object_size(object.get()));
  }

  git_repository* repository_;
  std::string root_;
  GitOdb objects_;
  model::TemplateManifest manifest_;
  std::string manifest_name_;  // empty: there is none
  std::vector<model::TemplateFile> files_;
  TemplateReading result_;
  std::size_t bytes_ = 0;
  std::size_t entries_ = 0;
};

// The id of the folder at `path` of a commit's tree.
Result<git_oid> folder_in(const GitTree& root, const std::string& path) {
  if (path.empty()) return *git_tree_id(root.get());
  git_tree_entry* entry = nullptr;
  const int code = git_tree_entry_bypath(&entry, root.get(), path.c_str());
  const GitHandle<git_tree_entry, git_tree_entry_free> owned(entry);
  if (code == GIT_ENOTFOUND) return not_found("there is no folder " + quote(path) + " in it");
  TITAN_TRY(git_check(code, "looking for " + quote(path)));
  if (git_tree_entry_type(entry) != GIT_OBJECT_TREE) {
    return not_found(quote(path) + " is no folder in it");
  }
  return *git_tree_entry_id(entry);
}

}  // namespace

Result<git_oid> commit_of_ref(git_repository* repository, const std::string& ref) {
  for (const std::string& name : references_of(ref)) {
    git_oid id;
    const int found = git_reference_name_to_id(&id, repository, name.c_str());
    if (found == GIT_ENOTFOUND || found == GIT_EINVALIDSPEC) continue;
    TITAN_TRY(git_check(found, "looking for " + name));
    GitObject object;
    TITAN_TRY(git_call(object, "reading what " + name + " names", git_object_lookup, repository,
                       &id, GIT_OBJECT_ANY));
    // A tag may be an object of its own.
    GitObject commit;
    const auto peeled = git_call(commit, name, git_object_peel, object.get(), GIT_OBJECT_COMMIT);
    if (!peeled) return invalid(quote(name) + " names no commit");
    return *git_object_id(commit.get());
  }
  return no_reference(ref);
}

Result<TemplateReading> read_template(git_repository* repository, const git_oid& commit,
                                      const std::string& path) {
  TITAN_ASSIGN(const GitCommit found, read_commit(repository, commit));
  GitTree root;
  TITAN_TRY(git_call(root, "reading the commit's tree", git_commit_tree, found.get()));
  TITAN_ASSIGN(const git_oid folder, folder_in(root, path));
  TITAN_ASSIGN(TemplateReading reading, Reader(repository, path).read(folder));
  reading.commit = hex(commit);
  return reading;
}

}  // namespace titan::gitops
