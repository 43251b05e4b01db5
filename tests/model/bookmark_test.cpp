#include "model/bookmark.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

namespace titan::model {
namespace {

const std::string kEpoch = "0123456789abcdef";

TEST(Bookmark, IsReadBackFromItsText) {
  for (const std::uint64_t seq :
       {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{10}, std::uint64_t{1} << 32U,
        std::uint64_t(std::numeric_limits<std::int64_t>::max())}) {
    const Bookmark bookmark{.epoch = kEpoch, .seq = seq};
    EXPECT_EQ(bookmark.text(), kEpoch + "." + std::to_string(seq));
    EXPECT_EQ(Bookmark::parse(bookmark.text()).value(), bookmark);
  }
}

TEST(Bookmark, IsRefusedInAnyOtherForm) {
  for (const auto& text : std::vector<std::string>{
           std::string(),
           std::string("."),
           std::string("x"),
           kEpoch,
           kEpoch + ".",
           kEpoch + "1",
           kEpoch + ".01",
           kEpoch + ".00",
           kEpoch + ".-0",
           kEpoch + ".-1",
           kEpoch + ".+1",
           kEpoch + ". 1",
           kEpoch + ".1 ",
           kEpoch + ".1\n",
           kEpoch + ".1.1",
           kEpoch + ".0x1",
           kEpoch + ".1e3",
           kEpoch + ".9223372036854775808",   // 2^63
           kEpoch + ".18446744073709551615",  // 2^64 - 1
           kEpoch + ".18446744073709551616",
           kEpoch + "." + std::string(100'000, '9'),
           kEpoch + std::string(".1\0", 3),
           " " + kEpoch + ".1",
           kEpoch.substr(1) + ".1",
           kEpoch + "0.1",
           "0123456789ABCDEF.1",
           "0123456789abcdeg.1",
           "01234567é9abcde.1",
       }) {
    const auto bookmark = Bookmark::parse(text);
    ASSERT_FALSE(bookmark.ok()) << text;
    EXPECT_EQ(bookmark.error().code, ErrorCode::invalid);
    EXPECT_NE(bookmark.error().message.find(
                  "is not a bookmark: expected 16 hex digits, a dot and a sequence number"),
              std::string::npos);
    EXPECT_LT(bookmark.error().message.size(), 200U);
  }
}

}  // namespace
}  // namespace titan::model
