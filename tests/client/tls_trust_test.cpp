#include "client/tls_trust.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "client/limits.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/temporary_directory.hpp"

namespace titan::client {
namespace {

std::string read(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

TEST(TlsTrust, SaysWhyAFileIsOfNoUse) {
  const testing::TemporaryDirectory folder;
  const auto made = testing::make_certificate(folder.path(), "made");
  const std::string good = read(made.certificate);
  const auto file = [&folder](const std::string& name, const std::string& content) {
    std::ofstream(folder.path() + "/" + name) << content;
    return folder.path() + "/" + name;
  };
  std::string damaged = good;
  damaged[damaged.size() / 2] = '!';
  struct Row {
    std::string file;
    std::string why;
  };
  const std::vector<Row> rows = {
      {folder.path() + "/none", "cannot be read: No such file or directory"},
      {folder.path(), "cannot be read: Is a directory"},
      {file("empty", ""), "holds no certificate"},
      {file("text", "this is no certificate\n"), "holds no certificate"},
      {made.key, "holds no certificate"},
      {file("damaged", damaged), "its certificate number 1 is damaged"},
      {file("second", good + damaged), "its certificate number 2 is damaged"},
      {file("cut", good.substr(0, good.size() - 40)), "its certificate number 1 is damaged"},
      {file("long", std::string(kCaFileBytesMax + 1, '\n')),
       "is longer than " + std::to_string(kCaFileBytesMax) + " bytes"},
  };
  for (const Row& row : rows) {
    const auto refused = TlsTrust::open({.ca_file = row.file});
    ASSERT_FALSE(refused) << row.file;
    EXPECT_EQ(refused.error().code, ErrorCode::invalid) << row.file;
    EXPECT_EQ(refused.error().text(),
              row.file + ": " + row.why + "; --ca-file wants certificates in PEM form");
  }
}

TEST(TlsTrust, TakesFilesOfManyCertificatesWithOtherTextBetween) {
  const testing::TemporaryDirectory folder;
  const auto one = testing::make_certificate(folder.path(), "one");
  const auto two = testing::make_certificate(folder.path(), "two");
  const std::string all = folder.path() + "/all";
  std::ofstream(all) << "# ours\n"
                     << read(one.certificate) << "# and theirs\n"
                     << read(one.key) << read(two.certificate) << read(one.certificate);
  const auto opened = TlsTrust::open({.ca_file = all});
  ASSERT_TRUE(opened) << opened.error().text();
  EXPECT_EQ(opened->ca_file(), all);
}

TEST(TlsTrust, TakesTheSystemsWhenNoFileIsNamed) {
  const auto opened = TlsTrust::open({});
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->ca_file(), "");
}

}  // namespace
}  // namespace titan::client
