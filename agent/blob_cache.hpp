#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "base/digest.hpp"
#include "base/file_system.hpp"
#include "base/result.hpp"
#include "client/device_channel.hpp"
#include "model/template.hpp"

namespace titan::agent {

// The template files that the host has, in the folder `blobs` of the state directory:
//
//   <hex digest>           a whole file
//   <hex digest>.part<n>   the n-th piece of one that has not come whole yet, n counted from 0;
//   each
//                          has kBlobPieceBytes but the last
//
// A file of more than kBlobPieceBytes is fetched in pieces, and each is on the disk before the next
// is asked for: an interruption or a power cut costs one piece at most, and over a line on which
// the whole would never come in time it comes in many runs. Every file is checked against its
// digest when it is put together, and when it is read: a damaged one is fetched again. When pieces
// do not give what has the digest they are thrown away, all of them, and fetched once more.
//
// Alternatives: one growing file needs no names, but a cut leaves a tail that nobody wrote; a file
// of notes beside it would have to be flushed in step with it.
class BlobCache {
 public:
  // How files are got; client::DeviceChannel has the same three, and says what they answer.
  struct Source {
    std::function<Result<std::string>(const Digest&)> whole = {};
    std::function<Result<client::BlobPart>(const Digest&, const client::BlobRange&)> part = {};
    std::function<Result<void>(const Digest&, std::string_view)> check = {};
  };

  // Borrows `files`, whose root is the state directory.
  BlobCache(FileSystem& files, Source source) : files_(files), source_(std::move(source)) {}

  // The content of a template's file, from the disk, or from the source and then kept. exhausted:
  // it has more than model::kTemplateFileBytesMax, and is not asked for. And the errors of the
  // source and of the disk; what came until then stays.
  Result<std::string> get(const model::TemplateFile& file);
  // Removes every file of the folder but these, and pieces of these unless they are there whole.
  Result<void> keep_only(const std::set<Digest>& digests);

 private:
  Result<std::string> fetch(const model::TemplateFile& file);
  // Of all pieces, those on the disk and others; not checked.
  Result<std::string> collect(const model::TemplateFile& file);
  Result<void> remove_pieces(const model::TemplateFile& file);

  FileSystem& files_;
  Source source_;
};

}  // namespace titan::agent
