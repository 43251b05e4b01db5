#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace titan::reconciler {

struct EntityRecord;

using HostNo = std::uint32_t;   // a host's place in the Fleet; given anew after a deletion
using LabelNo = std::uint32_t;  // a label's place in the LabelTable; given anew when unused

// Every label (a key with a value) that hosts have or targets ask for, once, with the hosts that
// have it now and the targets that are looked up by it. A host's labels are then a few numbers.
// Not thread-safe: the Fleet that owns it is guarded as a whole.
class LabelTable {
 public:
  struct Label {
    std::string key;
    std::string value;
    std::vector<HostNo> hosts = {};           // that have it now, in no order
    std::vector<EntityRecord*> targets = {};  // an entry for each version that is looked up by it
    std::size_t holders = 0;                  // calls of hold() without a release()
  };

  // The number of the label, which stays its own until release() was called as often.
  LabelNo hold(const std::string& key, const std::string& value);
  void release(LabelNo number);

  // How many labels are held.
  [[nodiscard]] std::size_t size() const { return numbers_.size(); }
  // null when nobody holds it.
  [[nodiscard]] const Label* find(std::string_view key, std::string_view value) const;
  [[nodiscard]] const Label& operator[](LabelNo number) const { return labels_[number]; }
  [[nodiscard]] Label& operator[](LabelNo number) { return labels_[number]; }

 private:
  struct Name {
    std::string_view key;
    std::string_view value;
    bool operator==(const Name&) const = default;
  };
  struct NameHash {
    std::size_t operator()(const Name& name) const {
      const std::hash<std::string_view> hash;
      return hash(name.key) * 31 + hash(name.value);
    }
  };

  std::deque<Label> labels_;                             // by number; never moves
  std::vector<LabelNo> free_;                            // numbers to give anew
  std::unordered_map<Name, LabelNo, NameHash> numbers_;  // names borrowed from labels_
};

}  // namespace titan::reconciler
