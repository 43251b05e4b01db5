#pragma once

#include <string_view>

#include "base/error.hpp"
#include "base/exit_code.hpp"
#include "cli/env.hpp"

namespace titan::cli {

// How answers are printed: -o.
enum class Output { table, wide, json, yaml, name };

// REQUIRES: it is one of these words.
Output output_named(std::string_view word);

// For programs, and whole.
constexpr bool is_document(Output format) {
  return format == Output::json || format == Output::yaml;
}

struct OutputFlags {
  Output format = Output::table;
  bool headers = true;
};

// A person looks on, and has not set NO_COLOR (https://no-color.org).
bool use_colour(const Env& env);
// The same, unless --no-color says otherwise.
inline bool use_colour(const Env& env, bool no_colour) {
  return !no_colour && use_colour(env);
}

// "titan: subject: field: message" on the error stream, and the exit code for it.
ExitCode report(const Env& env, const Error& error);
// The same for what was wrong in how titan was called.
ExitCode report_usage(const Env& env, const Error& error);
// "titan: …" on the error stream, for what is no error.
void remark(const Env& env, std::string_view text);

}  // namespace titan::cli
