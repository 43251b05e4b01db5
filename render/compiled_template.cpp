#include "render/compiled_template.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/file_system.hpp"
#include "base/text.hpp"
#include "model/limits.hpp"
#include "model/rendered_path.hpp"
#include "render/limits.hpp"
#include "render/recorder.hpp"

namespace titan::render {
namespace {

constexpr std::string_view kPartialsFolder = "partials/";

bool is_binary(std::string_view content) {
  return content.substr(0, kBinaryProbeBytes).find('\0') != std::string_view::npos;
}

// "partials/common/header" of the partial "common/header".
std::string path_of_partial(std::string_view name) {
  return std::string(kPartialsFolder) + std::string(name);
}

// A path that is a file of one rendering, and the source that gave it.
using Outputs = std::map<std::string, std::string>;

// invalid when two files of the rendering want one path, or one wants a file where another needs
// a folder.
Result<void> check_clash(const Outputs& outputs, const std::string& path,
                         const std::string& source) {
  const auto refuse = [&](const std::string& what, const std::string& other) {
    return invalid(source + ": gives the path " + path + ", " + what + " " + other);
  };
  const auto same = outputs.find(path);
  if (same != outputs.end()) return refuse("as does", same->second);
  for (std::string folder = parent_of(path); !folder.empty(); folder = parent_of(folder)) {
    const auto file = outputs.find(folder);
    if (file != outputs.end()) {
      return refuse("but " + folder + " is the file of", file->second);
    }
  }
  const auto inside = outputs.lower_bound(path + "/");
  if (inside != outputs.end() && inside->first.starts_with(path + "/")) {
    return refuse("which is a folder for", inside->second);
  }
  return {};
}

Result<void> check_path(const std::string& path, const std::string& source) {
  const Result<void> usable = model::check_rendered_path(path);
  if (!usable) return usable.error().context(source + ": gives an unusable path");
  return {};
}

const model::RenderedFile& rendered_of(const model::RenderedFile& file) {
  return file;
}

const model::RenderedFile& rendered_of(const TracedFile& file) {
  return file.file();
}

}  // namespace

class CompiledTemplate::Compiler {
 public:
  Result<CompiledTemplate> compile(std::vector<SourceFile> sources) {
    if (sources.size() > model::kTemplateFilesMax) {
      return exhausted("a template of " + std::to_string(sources.size()) + " files; at most " +
                       std::to_string(model::kTemplateFilesMax) + " are allowed");
    }
    std::sort(sources.begin(), sources.end(),
              [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
    const auto twice = std::adjacent_find(
        sources.begin(), sources.end(),
        [](const SourceFile& a, const SourceFile& b) { return a.path == b.path; });
    if (twice != sources.end()) return invalid(twice->path + ": stands twice in the template");
    for (SourceFile& source : sources) {
      if (source.path.starts_with(kPartialsFolder)) {
        TITAN_TRY(add_partial(std::move(source)));
      } else {
        TITAN_TRY(add_file(std::move(source)));
      }
    }
    TITAN_TRY(check_inclusions());
    return std::move(result_);
  }

 private:
  Result<void> add_partial(SourceFile source) {
    if (is_binary(source.content)) {
      return invalid(source.path + ": holds a NUL byte; a partial has to be text");
    }
    if (source.escape) {
      return invalid(source.path + ": is escaped like the file that includes it, not as " +
                     std::string(name_of(*source.escape)));
    }
    std::string name = source.path.substr(kPartialsFolder.size());
    TITAN_ASSIGN(Mustache text,
                 Mustache::compile(std::move(source.content), std::move(source.path)));
    result_.partials_.emplace(std::move(name), std::move(text));
    return {};
  }

  Result<void> add_file(SourceFile source) {
    TITAN_ASSIGN(Mustache path, Mustache::compile(source.path, "path " + source.path));
    if (!path.holds_only_variables()) {
      return invalid("path " + source.path + ": only {{name}} placeholders may stand in a path");
    }
    const Escape escape = source.escape.value_or(escape_for(source.path, source.content));
    if (is_binary(source.content)) {
      result_.files_.push_back({.source = std::move(source.path),
                                .path = std::move(path),
                                .mode = source.mode,
                                .owner = std::move(source.owner),
                                .content = std::move(source.content)});
      return {};
    }
    TITAN_ASSIGN(Mustache text, Mustache::compile(std::move(source.content), source.path));
    result_.files_.push_back({.source = std::move(source.path),
                              .path = std::move(path),
                              .mode = source.mode,
                              .owner = std::move(source.owner),
                              .escape = escape,
                              .content = std::move(text)});
    return {};
  }

  Result<void> check_inclusions() const {
    for (const File& file : result_.files_) {
      if (const auto* text = std::get_if<Mustache>(&file.content)) TITAN_TRY(check(*text));
    }
    for (const auto& [name, text] : result_.partials_) TITAN_TRY(check(text));
    return {};
  }

  Result<void> check(const Mustache& text) const {
    for (const Mustache::Inclusion& inclusion : text.inclusions()) {
      if (result_.partials_.contains(inclusion.partial)) continue;
      std::vector<std::string> names;
      for (const auto& [name, partial] : result_.partials_) names.push_back(name);
      return invalid(text.place(inclusion.position) + ": the partial " + quote(inclusion.partial) +
                     " does not exist; expected the file " + path_of_partial(inclusion.partial) +
                     did_you_mean(inclusion.partial, names));
    }
    return {};
  }

  CompiledTemplate result_;
};

Result<CompiledTemplate> CompiledTemplate::compile(std::vector<SourceFile> files) {
  return Compiler().compile(std::move(files));
}

// What the files give, one by one, as the files of one rendering.
template <class Output, class RenderOne>
Result<std::vector<Output>> CompiledTemplate::render_each(const RenderOne& render_one) const {
  Budget budget;
  Outputs outputs;
  std::size_t bytes = 0;
  std::vector<Output> rendered;
  rendered.reserve(files_.size());
  for (const File& file : files_) {
    TITAN_ASSIGN(Output output, render_one(file, budget));
    const model::RenderedFile& result = rendered_of(output);
    bytes += result.content.size();
    if (bytes > kTemplateOutputBytesMax) {
      return exhausted(file.source + ": the template gives more than " +
                       std::to_string(kTemplateOutputBytesMax) + " bytes");
    }
    TITAN_TRY(check_clash(outputs, result.path, file.source));
    outputs.emplace(result.path, file.source);
    rendered.push_back(std::move(output));
  }
  std::sort(rendered.begin(), rendered.end(),
            [](const auto& a, const auto& b) { return rendered_of(a).path < rendered_of(b).path; });
  return rendered;
}

Result<std::vector<model::RenderedFile>> CompiledTemplate::render(
    const nlohmann::json& inputs) const {
  return render_each<model::RenderedFile>(
      [&](const File& file, Budget& budget) { return render_file(file, inputs, budget); });
}

Result<std::vector<TracedFile>> CompiledTemplate::trace(const nlohmann::json& inputs) const {
  return render_each<TracedFile>(
      [&](const File& file, Budget& budget) { return trace_file(file, inputs, budget); });
}

InputNames CompiledTemplate::input_names() const {
  InputNames names;
  for (const auto& [name, partial] : partials_) partial.add_names_to(names);
  for (const File& file : files_) {
    file.path.add_names_to(names);
    if (const auto* text = std::get_if<Mustache>(&file.content)) text->add_names_to(names);
  }
  return names;
}

Result<model::RenderedFile> CompiledTemplate::render_file(const File& file,
                                                          const nlohmann::json& inputs,
                                                          Budget& budget) const {
  model::RenderedFile output{.mode = file.mode, .owner = file.owner};
  TITAN_ASSIGN(output.path, file.path.render_path(inputs, budget));
  TITAN_TRY(check_path(output.path, file.source));
  if (const auto* copied = std::get_if<std::string>(&file.content)) {
    output.content = *copied;
    return output;
  }
  const Mustache& text = std::get<Mustache>(file.content);
  TITAN_ASSIGN(output.content, text.render(inputs, partials_, {.escape = file.escape}, budget));
  return output;
}

Result<TracedFile> CompiledTemplate::trace_file(const File& file, const nlohmann::json& inputs,
                                                Budget& budget) const {
  model::RenderedFile output{.mode = file.mode, .owner = file.owner};
  Recorder path(budget);
  TITAN_ASSIGN(output.path, file.path.render_path(inputs, budget, &path));
  TITAN_TRY(check_path(output.path, file.source));
  Recorder content(budget);
  if (const auto* copied = std::get_if<std::string>(&file.content)) {
    output.content = *copied;
    content.copied(file.source, output.content);
  } else {
    const Mustache& text = std::get<Mustache>(file.content);
    TITAN_ASSIGN(output.content,
                 text.trace(inputs, partials_, {.escape = file.escape}, budget, content));
  }
  return TracedFile(file.source, std::move(output), std::move(path).finish(),
                    std::move(content).finish());
}

}  // namespace titan::render
