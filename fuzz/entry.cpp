// libFuzzer's way into a target.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "fuzz/target.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  titan::fuzz::run({reinterpret_cast<const char*>(data), size});
  return 0;
}
