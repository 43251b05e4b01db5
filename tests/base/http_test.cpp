#include "base/http.hpp"

#include <gtest/gtest.h>

#include <string>

namespace titan {
namespace {

TEST(HttpHeaders, FindANameInAnyCase) {
  HttpResponse response{.headers = {{"Titan-Bookmark", "e.1"}}};
  EXPECT_EQ(response.header("titan-bookmark"), "e.1");
  EXPECT_EQ(response.header("TITAN-BOOKMARK"), "e.1");
  EXPECT_EQ(response.header("Titan-Bookmar"), "");
  response.headers["TITAN-bookmark"] = "e.2";
  EXPECT_EQ(response.headers.size(), 1U);
  EXPECT_EQ(response.header("Titan-Bookmark"), "e.2");
}

TEST(HttpRequest, DividesItsTargetAtTheFirstQuestionMark) {
  const struct {
    std::string target, path, query;
  } rows[] = {
      {"/v1/hosts", "/v1/hosts", ""},
      {"/v1/hosts?", "/v1/hosts", ""},
      {"/v1/hosts?a=1&b=2", "/v1/hosts", "a=1&b=2"},
      {"/v1/hosts?a=1?2", "/v1/hosts", "a=1?2"},
      {"?a", "", "a"},
  };
  for (const auto& row : rows) {
    const HttpRequest request{.target = row.target};
    EXPECT_EQ(request.path(), row.path) << row.target;
    EXPECT_EQ(request.query(), row.query) << row.target;
  }
}

TEST(PercentEncode, KeepsOnlyUnreservedCharacters) {
  EXPECT_EQ(percent_encode("aZ09-._~"), "aZ09-._~");
  EXPECT_EQ(percent_encode("a b/c?d=e&f+g%"), "a%20b%2Fc%3Fd%3De%26f%2Bg%25");
  EXPECT_EQ(percent_encode("\xc3\xa9"), "%C3%A9");
  EXPECT_EQ(percent_encode(std::string("\0", 1)), "%00");
}

TEST(PercentDecode, LeavesWhatIsNoEscapeAsItIs) {
  const struct {
    std::string text, decoded;
  } rows[] = {
      {"a%20b", "a b"}, {"%c3%A9", "\xc3\xa9"}, {"a+b", "a+b"},   {"%", "%"},       {"%4", "%4"},
      {"%4g", "%4g"},   {"%%41", "%A"},         {"%2541", "%41"}, {"%zz1", "%zz1"}, {"", ""},
  };
  for (const auto& row : rows) EXPECT_EQ(percent_decode(row.text), row.decoded) << row.text;
}

TEST(PercentDecode, ReversesTheEncodingOfEveryByte) {
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) bytes += static_cast<char>(byte);
  EXPECT_EQ(percent_decode(percent_encode(bytes)), bytes);
}

TEST(ParseQuery, DecodesNamesAndValues) {
  using Parameters = HttpParameters;
  EXPECT_EQ(parse_query(""), Parameters());
  EXPECT_EQ(parse_query("a=1&b=x%20y"), (Parameters{{"a", "1"}, {"b", "x y"}}));
  EXPECT_EQ(parse_query("a=1&a=2"), (Parameters{{"a", "2"}}));
  EXPECT_EQ(parse_query("&&flag&=v&a=b=c&"), (Parameters{{"flag", ""}, {"", "v"}, {"a", "b=c"}}));
  EXPECT_EQ(parse_query("a%26b=c%3Dd"), (Parameters{{"a&b", "c=d"}}));
}

}  // namespace
}  // namespace titan
