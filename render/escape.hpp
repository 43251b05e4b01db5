#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace titan::render {

// How {{x}} is written into a file, so that no value can leave the place that the author of the
// template gave it. The author writes the quotes, titan escapes what is inside them:
//   json     "{{x}}"  RFC 8259 string: " and \ and control characters
//   yaml     "{{x}}"  YAML 1.2 double-quoted scalar: the same, and the line breaks and unprintable
//                     characters of YAML beyond ASCII
//   shell    '{{x}}'  POSIX single quotes: ' becomes '\''
//   systemd  "{{x}}"  systemd.syntax(7) double-quoted word: % becomes %%, and " and \ and control
//                     characters are escaped as in C
//   plain    {{x}}    nothing is escaped
//   html     {{x}}    & " < > as entities; only asked for by name, never chosen for a file
// Numbers and booleans hold nothing to escape, so `replicas: {{values.replicas}}` stays right
// without quotes in JSON and YAML.
enum class Escape : std::uint8_t { plain, json, yaml, shell, systemd, html };

// Chosen by the name that the file has in the template, then by its first line:
//   .json -> json; .yaml .yml -> yaml; .sh .bash -> shell; units and quadlets (.service .timer
//   .container …, and the files of a folder such as x.service.d/) -> systemd;
//   "#!" and a POSIX-like shell in the first line -> shell; else plain.
Escape escape_for(std::string_view path, std::string_view content);

// Appends `value`, escaped, to `out`. Bytes from 0x80 up that need no escape go through unchanged.
void append_escaped(std::string& out, Escape escape, std::string_view value);

// Appends one line of JSON to a YAML file. JSON is YAML, but for characters in its strings that
// YAML does not print: they become \uXXXX.
void append_json_as_yaml(std::string& out, std::string_view json);

}  // namespace titan::render
