#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/file_system.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"

namespace titan {

// A file that holds one secret, such as a key, in one line. What was in memory on the way is wiped.
// Errors name the file as their subject.

// The bits of a file's mode that let others than its owner at it.
constexpr std::uint32_t kModeOfOthers = 0077;

// The secret, without what is blank around it. denied, with what to do, when the file's mode has
// one of `forbidden_mode`; exhausted when it is longer than kSecretFileBytesMax; else as
// FileSystem::read().
Result<Secret> read_secret_file(FileSystem& files, const std::string& path,
                                std::uint32_t forbidden_mode = kModeOfOthers);
// With mode 0600, in one step.
Result<void> write_secret_file(FileSystem& files, const std::string& path, std::string_view secret);

// The same for a path of any kind, which is followed where it is a link: that is how some lay out
// such files.
Result<Secret> read_secret_file(const std::string& path,
                                std::uint32_t forbidden_mode = kModeOfOthers);
// conflict when there is something already.
Result<void> write_new_secret_file(const std::string& path, std::string_view secret);

}  // namespace titan
