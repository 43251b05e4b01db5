#pragma once

#include <tl/expected.hpp>
#include <utility>

#include "base/error.hpp"

namespace titan {

// A value, or the Error that says why there is none. Nothing throws across a folder's header;
// value() is for tests, where an unexpected error should end the test.
template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using Base = tl::expected<T, Error>;
  using Base::Base;
  Result(Error error) : Base(tl::unexpected<Error>(std::move(error))) {}  // NOLINT: `return error;`

  [[nodiscard]] bool ok() const { return this->has_value(); }
};

}  // namespace titan

// Leaves the function with the error of `expression`, if it has one.
#define TITAN_TRY(expression)                            \
  do {                                                   \
    if (auto titan_tried = (expression); !titan_tried) { \
      return std::move(titan_tried).error();             \
    }                                                    \
  } while (false)

// TITAN_ASSIGN(auto text, read(path)); declares `text`, or leaves the function with the error.
#define TITAN_ASSIGN(target, expression) \
  TITAN_ASSIGN_NAMED(target, expression, TITAN_JOIN(titan_result_, __LINE__))
#define TITAN_ASSIGN_NAMED(target, expression, name) \
  auto name = (expression);                          \
  if (!name) return std::move(name).error();         \
  target = std::move(*name)
#define TITAN_JOIN(left, right) TITAN_JOIN_EXPANDED(left, right)
#define TITAN_JOIN_EXPANDED(left, right) left##right
