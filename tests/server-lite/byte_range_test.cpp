#include "server-lite/byte_range.hpp"

#include <gtest/gtest.h>

#include <tuple>

namespace titan::server_lite {
namespace {

// "bytes 0-4/10" as in Content-Range, or "whole".
std::string answer_to(std::string_view header, std::size_t size) {
  const auto range = read_byte_range(header, size);
  return range ? range->content_range(size) : "whole";
}

TEST(ByteRange, IsWhatTheHeaderAsksForOfSomeBytes) {
  const std::tuple<const char*, std::size_t, const char*> rows[] = {
      {"bytes=0-0", 10, "bytes 0-0/10"},
      {"bytes=0-9", 10, "bytes 0-9/10"},
      {"bytes=3-5", 10, "bytes 3-5/10"},
      {"bytes=9-9", 10, "bytes 9-9/10"},
      {"bytes=4-", 10, "bytes 4-9/10"},
      {"Bytes=4-", 10, "bytes 4-9/10"},
      {"bytes=0-", 1, "bytes 0-0/1"},
      {"bytes=4-99", 10, "bytes 4-9/10"},
      {"bytes=04-005", 10, "bytes 4-5/10"},
      {"bytes=4-99999999999999999999999", 10, "bytes 4-9/10"},
      // nothing is there
      {"bytes=10-", 10, "bytes */10"},
      {"bytes=10-20", 10, "bytes */10"},
      {"bytes=0-", 0, "bytes */0"},
      {"bytes=99999999999999999999999-", 10, "bytes */10"},
      // other forms
      {"", 10, "whole"},
      {"bytes", 10, "whole"},
      {"bytes=", 10, "whole"},
      {"bytes=5", 10, "whole"},
      {"bytes=-", 10, "whole"},
      {"bytes=-3", 10, "whole"},
      {"bytes=5-4", 10, "whole"},
      {"bytes=0-1,3-4", 10, "whole"},
      {"bytes=0-1, 3-4", 10, "whole"},
      {"bytes= 0-1", 10, "whole"},
      {"bytes=0 -1", 10, "whole"},
      {"bytes=0-1 ", 10, "whole"},
      {"bytes=+0-1", 10, "whole"},
      {"bytes=0--1", 10, "whole"},
      {"bytes=0x0-1", 10, "whole"},
      {"lines=0-1", 10, "whole"},
      {" bytes=0-1", 10, "whole"},
  };
  for (const auto& [header, size, expected] : rows) {
    EXPECT_EQ(answer_to(header, size), expected) << "\"" << header << "\" of " << size;
  }
}

}  // namespace
}  // namespace titan::server_lite
