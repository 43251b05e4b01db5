#include "agent/blob_cache.hpp"

#include <algorithm>

#include "agent/limits.hpp"
#include "model/limits.hpp"

namespace titan::agent {
namespace {

constexpr const char* kFolder = "blobs";
constexpr std::string_view kPieceMark = ".part";

std::string path_of(const Digest& digest) {
  return std::string(kFolder) + "/" + digest.hex();
}

std::string piece_path(const Digest& digest, std::uint64_t piece) {
  return path_of(digest) + std::string(kPieceMark) + std::to_string(piece);
}

std::uint64_t pieces_of(std::uint64_t size) {
  return (size + kBlobPieceBytes - 1) / kBlobPieceBytes;
}

}  // namespace

Result<std::string> BlobCache::get(const model::TemplateFile& file) {
  const std::string path = path_of(file.digest);
  auto kept = files_.read(path, model::kTemplateFileBytesMax);
  if (kept && Digest::of(*kept) == file.digest) return kept;
  if (file.size > model::kTemplateFileBytesMax) {
    return exhausted("the template's file has " + std::to_string(file.size) +
                     " bytes, a host takes at most " +
                     std::to_string(model::kTemplateFileBytesMax));
  }
  TITAN_TRY(make_directories(files_, kFolder));
  TITAN_ASSIGN(std::string content, fetch(file));
  if (file.size > kBlobPieceBytes) {
    TITAN_TRY(write_atomically(files_, path, content, 0600));
    TITAN_TRY(remove_pieces(file));
    return content;
  }
  // A power cut may damage it, which is found when it is read: then it is fetched again.
  TITAN_TRY(write_beside(files_, path, content, 0600, Flush::later));
  TITAN_TRY(files_.rename(temporary_path(path), path));
  return content;
}

Result<std::string> BlobCache::fetch(const model::TemplateFile& file) {
  if (file.size <= kBlobPieceBytes) return source_.whole(file.digest);
  TITAN_ASSIGN(std::string content, collect(file));
  if (Digest::of(content) == file.digest) return content;
  // Whose fault that was shows when nothing of before is in it.
  TITAN_TRY(remove_pieces(file));
  TITAN_ASSIGN(content, collect(file));
  const auto checked = source_.check(file.digest, content);
  if (checked) return content;
  TITAN_TRY(remove_pieces(file));
  return checked.error();
}

Result<std::string> BlobCache::collect(const model::TemplateFile& file) {
  std::string content;
  content.reserve(file.size);
  for (std::uint64_t piece = 0; piece < pieces_of(file.size); ++piece) {
    const client::BlobRange range{
        .offset = piece * kBlobPieceBytes, .bytes_max = kBlobPieceBytes, .size = file.size};
    const std::string path = piece_path(file.digest, piece);
    const std::uint64_t bytes = std::min<std::uint64_t>(kBlobPieceBytes, file.size - range.offset);
    auto kept = files_.read(path, kBlobPieceBytes);
    if (kept && kept->size() == bytes) {
      content += *kept;
      continue;
    }
    TITAN_ASSIGN(client::BlobPart part, source_.part(file.digest, range));
    if (part.is_whole) return std::move(part.bytes);
    TITAN_TRY(write_atomically(files_, path, part.bytes, 0600));
    content += part.bytes;
  }
  return content;
}

Result<void> BlobCache::remove_pieces(const model::TemplateFile& file) {
  bool removed = false;
  for (std::uint64_t piece = 0; piece < pieces_of(file.size); ++piece) {
    const auto done = files_.remove_file(piece_path(file.digest, piece));
    if (!done && done.error().code != ErrorCode::not_found) return done.error();
    removed = removed || done.ok();
  }
  if (!removed) return {};
  return files_.sync_directory(kFolder);
}

Result<void> BlobCache::keep_only(const std::set<Digest>& digests) {
  const auto entries = files_.list(kFolder);
  if (!entries && entries.error().code == ErrorCode::not_found) return {};
  if (!entries) return entries.error();
  std::set<std::string> wanted;
  for (const Digest& digest : digests) wanted.insert(digest.hex());
  std::set<std::string> whole;
  for (const FileSystem::Entry& entry : *entries) {
    if (wanted.contains(entry.name)) whole.insert(entry.name);
  }
  for (const FileSystem::Entry& entry : *entries) {
    const std::string name = entry.name.substr(0, entry.name.find(kPieceMark));
    const bool is_piece = name.size() < entry.name.size();
    if (wanted.contains(name) && !(is_piece && whole.contains(name))) continue;
    TITAN_TRY(files_.remove_file(std::string(kFolder) + "/" + entry.name));
  }
  return {};
}

}  // namespace titan::agent
