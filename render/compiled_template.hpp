#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "model/rendered.hpp"
#include "render/escape.hpp"
#include "render/input_names.hpp"
#include "render/mustache.hpp"
#include "render/origins.hpp"

namespace titan::render {

// One file of a template's directory with its content.
struct SourceFile {
  std::string path;  // relative, "/" between names; may hold placeholders
  std::uint32_t mode = 0644;
  std::string content = {};
  std::string owner = {};             // goes with the rendered file as it is
  std::optional<Escape> escape = {};  // of a text that gives output; else escape_for() chooses
};

// A template's directory, compiled once and rendered for many hosts. docs/spec/rendering.md is
// the author's view of it.
// - Every file is one Mustache, escaped for its kind (SourceFile::escape), except binary ones (a
// NUL byte
//   in the first kBinaryProbeBytes), which are copied; their paths are rendered too.
// - Paths may hold {{x}} placeholders, which give (part of) one name: see Mustache::render_path.
// - Files under partials/ give no output: {{> a/b}} includes partials/a/b, {{<a/b}} inherits from
// it. Rendering is strict and depends on the inputs alone: no clock, environment, network or disk.
// Immutable, so safe to share between threads.
class CompiledTemplate {
 public:
  // The order of `files` does not matter.
  // invalid, with file, line and column: a text that does not parse, a partial that does not
  // exist, is binary, could not be a path or is to be escaped in its own way; two files of one
  // path; anything but variables in a path. exhausted: model::kTemplateFilesMax, kTextBytesMax and
  // the limits of Mustache::compile.
  static Result<CompiledTemplate> compile(std::vector<SourceFile> files);

  // The files for one host, sorted by path, so that model::digest_of() takes them as they are.
  // `inputs` is an object of what the template may name: values, host, deployment and so on.
  // invalid: what strict rendering refuses; a path that model::check_rendered_path() refuses; two
  // files of one rendered path, or one that is a folder of another. exhausted: the limits of
  // Mustache::render and kTemplateOutputBytesMax.
  Result<std::vector<model::RenderedFile>> render(const nlohmann::json& inputs) const;
  // The same files, each of which remembers where its lines come from. Takes some times as long.
  // Errors as of render(), and exhausted: kTracedPiecesMax.
  Result<std::vector<TracedFile>> trace(const nlohmann::json& inputs) const;
  // Which of the inputs it asks for.
  [[nodiscard]] InputNames input_names() const;

 private:
  struct File {
    std::string source;  // its path in the template
    Mustache path;
    std::uint32_t mode = 0644;
    std::string owner;
    Escape escape = Escape::plain;
    std::variant<Mustache, std::string> content;  // a string is copied
  };
  class Compiler;

  template <class Output, class RenderOne>
  Result<std::vector<Output>> render_each(const RenderOne& render_one) const;
  Result<model::RenderedFile> render_file(const File& file, const nlohmann::json& inputs,
                                          Budget& budget) const;
  Result<TracedFile> trace_file(const File& file, const nlohmann::json& inputs,
                                Budget& budget) const;

  std::vector<File> files_;  // by source
  Partials partials_;
};

}  // namespace titan::render
