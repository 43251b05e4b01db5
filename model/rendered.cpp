#include "model/rendered.hpp"

namespace titan::model {

Digest digest_of(const std::vector<RenderedFile>& files) {
  Hasher hasher;
  hasher.add(files.size());
  for (const RenderedFile& file : files) {
    hasher.add(file.path).add(file.mode).add(Digest::of(file.content).text());
  }
  return hasher.finish();
}

}  // namespace titan::model
