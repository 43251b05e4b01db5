#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace titan {

// The parts between separators; an empty text gives one empty part.
std::vector<std::string> split(std::string_view text, char separator);
std::string join(const std::vector<std::string>& parts, std::string_view separator);
std::string_view trim(std::string_view text);

// The length in bytes of the longest start of `text` that is UTF-8 (RFC 3629).
std::size_t utf8_prefix(std::string_view text);

// "text" in double quotes, cut to 64 bytes, for messages.
std::string quote(std::string_view text);

// At most `bytes_max` bytes of the text, ending at a whole character; NUL and what is not
// UTF-8 become '?'.
std::string clip(std::string_view text, std::size_t bytes_max);

// ` (did you mean "tim-pi"?)` when one candidate is within two edits of `word`; else nothing.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace titan
