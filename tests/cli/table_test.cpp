#include "cli/table.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace titan::cli {
namespace {

std::string printed(const Table& table, const Table::Style& style = {}) {
  std::ostringstream out;
  table.print(out, style);
  return out.str();
}

TEST(Table, AlignsColumnsAndLeavesNoSpaceAtTheEnd) {
  Table table({"A", "LONG", "C"});
  table.add({"wide cell", "x", "1"});
  table.add({"", "y", "longer"});
  EXPECT_EQ(printed(table),
            "A           LONG   C\n"
            "wide cell   x      1\n"
            "<none>      y      longer\n");
}

TEST(Table, IsAsWideAsItsCellsWithoutHeaders) {
  Table table({"A VERY LONG HEADER", "B"});
  table.add({"x", "y"});
  EXPECT_EQ(printed(table, {.headers = false, .indent = "  "}), "  x   y\n");
}

TEST(Table, CountsCharactersNotBytes) {
  Table table({"A", "B"});
  table.add({"größe", "x"});
  table.add({"12345", "y"});
  EXPECT_EQ(printed(table, {.headers = false}), "größe   x\n12345   y\n");
}

TEST(Table, ColoursOnlyTheStatus) {
  Table table({"NAME", "STATUS"});
  table.add({"READY", "READY"});
  table.add({"a", "UPDATING"});
  EXPECT_EQ(printed(table, {.headers = false, .colour = true}),
            "READY   \x1b[32mREADY\x1b[0m\na       \x1b[33mUPDATING\x1b[0m\n");
}

}  // namespace
}  // namespace titan::cli
