#include "gitops/pack_file.hpp"

#include <zlib.h>

#include <algorithm>
#include <cstdint>

#include "gitops/hashes.hpp"

namespace titan::gitops {
namespace {

constexpr std::uint32_t kFileMode = 0444;
// libgit2's own mark of what is not finished, so that it is cleared away with the rest; without the
// endings by which Git looks for packs.
constexpr const char* kUnfinishedPack = "objects/pack/pack_git2_titan";
constexpr const char* kUnfinishedIndex = "objects/pack/index_git2_titan";

std::string number(std::uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>((value >> shift) & 0xFFU);
  return bytes;
}

// The type in three bits and the size in groups of 4 and 7 bits, the lowest first.
std::string head_of(git_object_t type, std::size_t size) {
  constexpr unsigned kMore = 0x80;
  std::string head;
  unsigned byte = (static_cast<unsigned>(type) << 4U) | (size & 0x0FU);
  for (size >>= 4U; size > 0; size >>= 7U) {
    head += static_cast<char>(byte | kMore);
    byte = size & 0x7FU;
  }
  return head + static_cast<char>(byte);
}

// One zlib stream after the other, with the memory of the first.
class Deflater {
 public:
  Deflater() { is_open_ = deflateInit(&stream_, Z_BEST_SPEED) == Z_OK; }
  ~Deflater() {
    if (is_open_) deflateEnd(&stream_);
  }
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  Result<void> append(const void* bytes, std::size_t size, std::string& to) {
    if (!is_open_ || deflateReset(&stream_) != Z_OK) return exhausted("no memory to deflate with");
    const std::size_t before = to.size();
    to.resize(before + deflateBound(&stream_, size));
    stream_.next_in = static_cast<Bytef*>(const_cast<void*>(bytes));
    stream_.avail_in = static_cast<uInt>(size);
    stream_.next_out = reinterpret_cast<Bytef*>(to.data() + before);
    stream_.avail_out = static_cast<uInt>(to.size() - before);
    if (deflate(&stream_, Z_FINISH) != Z_STREAM_END) return internal("an object does not deflate");
    to.resize(before + stream_.total_out);
    return {};
  }

 private:
  z_stream stream_{};
  bool is_open_ = false;
};

struct Packed {
  git_oid id;
  std::uint32_t offset;
  std::uint32_t crc;
};

// Offsets are 31 bits wide in the plain form of an index.
constexpr std::size_t kPackBytesMax = (1UL << 31U) - 1;

Result<std::string> pack_of(git_repository* from, const std::vector<git_oid>& ids,
                            std::vector<Packed>& packed) {
  GitOdb store;
  TITAN_TRY(git_call(store, "opening the objects", git_repository_odb, from));
  std::string pack = "PACK" + number(2) + number(static_cast<std::uint32_t>(ids.size()));
  Deflater deflater;
  for (const git_oid& id : ids) {
    GitOdbObject object;
    TITAN_TRY(git_call(object, "reading object " + hex(id), git_odb_read, store.get(), &id));
    const std::size_t start = pack.size();
    const std::size_t size = git_odb_object_size(object.get());
    pack += head_of(git_odb_object_type(object.get()), size);
    TITAN_TRY(deflater.append(git_odb_object_data(object.get()), size, pack));
    if (pack.size() > kPackBytesMax) return exhausted("a commit is larger than 2 GiB");
    const auto crc = crc32(0, reinterpret_cast<const Bytef*>(pack.data() + start),
                           static_cast<uInt>(pack.size() - start));
    packed.push_back({id, static_cast<std::uint32_t>(start), static_cast<std::uint32_t>(crc)});
  }
  return pack + sha1(pack);
}

std::string raw(const git_oid& id) {
  return {id.id, id.id + GIT_OID_RAWSZ};
}

std::string index_of(std::vector<Packed> packed, std::string_view pack_checksum) {
  constexpr unsigned kFirstBytes = 256;
  std::ranges::sort(packed, [](const Packed& left, const Packed& right) {
    return git_oid_cmp(&left.id, &right.id) < 0;
  });
  std::string index = "\377tOc" + number(2);
  std::size_t at = 0;
  for (unsigned first = 0; first < kFirstBytes; ++first) {
    while (at < packed.size() && packed[at].id.id[0] <= first) ++at;
    index += number(static_cast<std::uint32_t>(at));
  }
  for (const Packed& one : packed) index += raw(one.id);
  for (const Packed& one : packed) index += number(one.crc);
  for (const Packed& one : packed) index += number(one.offset);
  index += pack_checksum;
  return index + sha1(index);
}

}  // namespace

Result<void> write_plain_pack(git_repository* from, FileSystem& files,
                              const std::vector<git_oid>& ids) {
  std::vector<Packed> packed;
  TITAN_ASSIGN(const std::string pack, pack_of(from, ids, packed));
  const std::string checksum = pack.substr(pack.size() - GIT_OID_RAWSZ);
  git_oid name;
  git_oid_fromraw(&name, reinterpret_cast<const unsigned char*>(checksum.data()));
  const std::string place = "objects/pack/pack-" + hex(name);
  TITAN_TRY(files.write(kUnfinishedPack, pack, kFileMode));
  TITAN_TRY(files.write(kUnfinishedIndex, index_of(std::move(packed), checksum), kFileMode));
  TITAN_TRY(files.rename(kUnfinishedPack, place + ".pack"));
  TITAN_TRY(files.rename(kUnfinishedIndex, place + ".idx"));
  return files.sync_directory("objects/pack");
}

}  // namespace titan::gitops
