#include "gitops/commit_writer.hpp"

#include "gitops/ssh_signature.hpp"

namespace titan::gitops {
namespace {

constexpr const char* kDoing = "writing a commit";
constexpr const char* kUtf8 = nullptr;

class Buffer {
 public:
  Buffer() = default;
  ~Buffer() { git_buf_dispose(&bytes_); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  git_buf* get() { return &bytes_; }
  [[nodiscard]] const char* text() const { return bytes_.ptr; }

 private:
  git_buf bytes_ = GIT_BUF_INIT;
};

}  // namespace

Result<git_oid> write_commit(git_repository* repository, const NewCommit& commit,
                             const SigningKey* signer) {
  TITAN_ASSIGN(const GitTree tree, read_tree(repository, commit.tree));
  GitCommit parent;
  if (commit.parent) {
    TITAN_ASSIGN(parent, read_commit(repository, *commit.parent));
  }
  const git_commit* parents[] = {parent.get()};
  const std::size_t count = parent ? 1 : 0;
  git_oid id;
  if (signer == nullptr) {
    TITAN_TRY(
        git_check(git_commit_create(&id, repository, nullptr, commit.author, commit.committer,
                                    kUtf8, commit.message.c_str(), tree.get(), count, parents),
                  kDoing));
    return id;
  }
  Buffer content;
  TITAN_TRY(
      git_check(git_commit_create_buffer(content.get(), repository, commit.author, commit.committer,
                                         kUtf8, commit.message.c_str(), tree.get(), count, parents),
                kDoing));
  const std::string signature = ssh_signature(*signer, content.text());
  TITAN_TRY(git_check(git_commit_create_with_signature(&id, repository, content.text(),
                                                       signature.c_str(), "gpgsig"),
                      "signing a commit"));
  return id;
}

}  // namespace titan::gitops
