#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.hpp"
#include "base/result.hpp"
#include "base/timestamp.hpp"
#include "model/values.hpp"

namespace titan::model {

// Reads the fields of one JSON object and remembers the first thing that is wrong, so that a
// reader of a kind is a list of its fields:
//
//   FieldReader reader(json, "spec");
//   spec.repo = reader.text("repo");
//   spec.values = reader.values("values");
//   TITAN_TRY(reader.finish());
//
// A field that is absent or null gives the empty value; one of the wrong type, longer than
// kTextBytesMax or with a NUL character is an error that names it ("spec.repo: expected a string,
// found the number 5"). finish() also refuses every field that nobody asked for. Borrows the JSON.
class FieldReader {
 public:
  // `path` is where the object stands: "spec", or "" for the outermost.
  FieldReader(const nlohmann::json& object, std::string path);

  [[nodiscard]] std::string text(std::string_view field);
  [[nodiscard]] std::string required_text(std::string_view field);
  [[nodiscard]] bool boolean(std::string_view field);
  [[nodiscard]] std::uint64_t number(std::string_view field);  // a whole number from 0 to 2^63-1
  [[nodiscard]] std::optional<std::uint64_t> optional_number(std::string_view field);
  [[nodiscard]] std::int64_t signed_number(std::string_view field);  // a whole number
  [[nodiscard]] Timestamp timestamp(std::string_view field);
  [[nodiscard]] Digest digest(std::string_view field);
  [[nodiscard]] Values values(std::string_view field);
  [[nodiscard]] std::vector<std::string> texts(std::string_view field, std::size_t count_max);
  // The base64url of something sealed, of at most `bytes_max` letters. No error quotes it: what
  // stands there by mistake may be what should have been sealed.
  [[nodiscard]] std::string sealed(std::string_view field, std::size_t bytes_max);
  // Texts of any length, for the caller to check.
  [[nodiscard]] std::map<std::string, std::string> text_map(std::string_view field);
  // An object or an array (of at most `count_max`) for the caller to read on; null when absent.
  [[nodiscard]] const nlohmann::json* object(std::string_view field);
  [[nodiscard]] const nlohmann::json* array(std::string_view field, std::size_t count_max);
  // A text that `parse` turns into a value of another type; the empty text gives the empty value.
  template <class Value>
  [[nodiscard]] Value parsed(std::string_view field, Result<Value> (*parse)(std::string_view));

  // Refuses the object when one of these is absent, null or an empty text.
  void require(std::initializer_list<std::string_view> fields);
  // Notes that a field may stand there, and leaves it alone.
  void ignore(std::string_view field) { (void)find(field); }
  // Records an error of the caller's, about `field`, unless there is one already.
  void refuse(std::string_view field, std::string message);
  void refuse(Error error);
  [[nodiscard]] bool has(std::string_view field) { return find(field) != nullptr; }
  // "spec.labels" for "labels" in "spec".
  [[nodiscard]] std::string path_of(std::string_view field) const;

  // The first error; or one for a field that is not known, with the closest known one.
  Result<void> finish();

 private:
  // The field's value, or null when it is absent or null; the field counts as known from now on.
  const nlohmann::json* find(std::string_view field);
  void expected(std::string_view field, std::string_view what, const nlohmann::json& found);
  // Whether `value`, found at `place`, is a text as described above; the error is recorded.
  bool check_text(std::string_view place, const nlohmann::json& value);

  const nlohmann::json& object_;
  std::string path_;
  std::vector<std::string> known_;
  std::optional<Error> error_;
};

// "the number 5", "a string", "an object": what was found, for messages.
std::string found_text(const nlohmann::json& value);

template <class Value>
Value FieldReader::parsed(std::string_view field, Result<Value> (*parse)(std::string_view)) {
  const std::string given = text(field);
  if (given.empty()) return {};
  auto value = parse(given);
  if (value) return *std::move(value);
  refuse(field, value.error().message);
  return {};
}

}  // namespace titan::model
