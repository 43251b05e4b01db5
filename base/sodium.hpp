#pragma once

#include <string_view>

// What the files of base/ that call libsodium share. It does not include sodium.h.
namespace titan::sodium {

// Starts libsodium, once for the process; must come before anything of it but plain hashes and
// wiping. Any thread may call it at any time, and a call costs next to nothing after the first.
void start();

// The same bytes, as libsodium takes them.
inline const unsigned char* bytes_of(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

}  // namespace titan::sodium
