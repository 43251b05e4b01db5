#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "render/unit_line.hpp"

namespace titan::render {

// How {{x}} is written into a file, so that no value can leave the place that the author of the
// template gave it. The author writes the quotes, titan escapes what is inside them:
//   json     "{{x}}"  RFC 8259 string: " and \ and control characters
//   yaml     "{{x}}"  YAML 1.2 double-quoted scalar: the same, and the line breaks and unprintable
//                     characters of YAML beyond ASCII
//   shell    '{{x}}'  POSIX single quotes: ' becomes '\''; no NUL
//   systemd  "{{x}}"  systemd.syntax(7) double-quoted word: % becomes %%, and " and \ and control
//                     characters are escaped as in C; in command lines $ becomes $$; no NUL
//   toml     "{{x}}"  TOML 1.0 basic string: as json, and DEL
//   ini      {{x}}    INI files have no common way to escape, so nothing is, and what their readers
//                     (Python's configparser, with and without interpolation, and GLib's key files)
//                     would not read back alike is refused: control characters but tabs inside,
//                     line breaks, white space at either end, % and \.
//   xml      {{x}}    XML 1.0 text, or an attribute's value in either quotes: & < > " ' as
//   entities,
//                     tabs and line breaks as references; no characters that XML cannot hold
//   plain    {{x}}    nothing is escaped
//   html     {{x}}    & " < > as entities; only asked for by name, never chosen for a file
// Numbers and booleans hold nothing to escape, so `replicas: {{values.replicas}}` stays right
// without quotes in JSON, YAML and TOML.
enum class Escape : std::uint8_t { plain, json, yaml, shell, systemd, html, toml, ini, xml };

// "plain", "json" and so on.
std::string_view name_of(Escape escape);
// Nothing when no kind has that name.
std::optional<Escape> parse_escape(std::string_view name);
// All of them, for messages.
std::vector<std::string> escape_names();

// Chosen by the name that the file has in the template, then by its first line:
//   .json -> json; .yaml .yml -> yaml; .sh .bash -> shell; .toml -> toml; .ini .cfg -> ini;
//   .xml .svg .xhtml .xsd .xsl .xslt .plist .rss .atom -> xml; units and quadlets (.service .timer
//   .container …, and the files of a folder such as x.service.d/) -> systemd;
//   "#!" and a POSIX-like shell in the first line -> shell; else plain.
Escape escape_for(std::string_view path, std::string_view content);

// Writes the values of one file. Not for use from several threads at once.
class Escaper {
 public:
  explicit Escaper(Escape escape) : escape_(escape) {}

  // Appends `value`, escaped, to `out`, which is the file up to there. Bytes of UTF-8 that need no
  // escape go through unchanged.
  // invalid: the kind of file cannot hold the value; the message says what of it and where ("holds
  // U+0000 at character 3, …"). So is what is not UTF-8, but for plain, shell and html. `out` may
  // then hold a part of it.
  Result<void> append(std::string& out, std::string_view value);

 private:
  Escape escape_;
  UnitLine unit_line_;  // of systemd
};

// Appends one line of JSON to a YAML file. JSON is YAML, but for characters in its strings that
// YAML does not print: they become \uXXXX.
void append_json_as_yaml(std::string& out, std::string_view json);

}  // namespace titan::render
