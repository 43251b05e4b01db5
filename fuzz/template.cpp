// Templates: a file's path, the inputs as JSON, the file, and a partial that it may include as
// {{> part}} or inherit from as {{<part}}…{{/part}}.

#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "fuzz/target.hpp"
#include "render/compiled_template.hpp"
#include "render/limits.hpp"
#include "render/recorder.hpp"

namespace titan::fuzz {
namespace {

using nlohmann::json;
using render::Escape;
using render::Mustache;

// Enough for anything but a bomb; bombs would make the target slow.
constexpr std::int64_t kSteps = 5'000;

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// "root/motd:3:7: …", with the name of the file or of the partial.
void check_place(const Error& error) {
  if (error.code != ErrorCode::invalid) return;
  std::string_view text = error.message;
  const bool named = text.starts_with("main:") || text.starts_with("part:");
  text.remove_prefix(std::min<std::size_t>(5, text.size()));
  const auto line_end = std::min(text.find(':'), text.size());
  const auto column = text.substr(std::min(line_end + 1, text.size()));
  require(
      named && is_number(text.substr(0, line_end)) && is_number(column.substr(0, column.find(':'))),
      "an error says file, line and column", error.message);
}

// The pieces of text and of values are the output, one behind another, and all they name is there.
void check_pieces(const render::Trace& trace, std::string_view output) {
  std::size_t end = 0;
  for (const render::Trace::Piece& piece : trace.pieces) {
    require(piece.begin == end && piece.end >= end, "pieces lie one behind another");
    end = piece.end;
    require(piece.text < std::max<std::size_t>(trace.texts.size(), 1), "a piece is of a text");
    require(piece.pointer < trace.pointers.size(), "a piece is of an input");
    require(piece.decider == render::Trace::kNone || piece.decider < trace.deciders.size(),
            "what decides is known");
  }
  require(end == output.size(), "pieces are all of the output");
}

// Each line of a traced file can be asked for, and its origins are all of it.
void check_lines(const render::TracedFile& file) {
  std::size_t bytes = 0;
  const std::size_t lines = std::min<std::size_t>(file.line_count(), 50);
  for (std::size_t number = 1; number <= lines; ++number) {
    std::size_t end = 0;
    for (const render::Origin& origin : file.origins(number)) {
      if (!origin.written) continue;
      require(origin.offset == end, "origins lie one behind another");
      end = origin.offset + origin.length;
      require(!origin.place.file.empty() && origin.place.line > 0, "an origin has a place");
    }
    const std::size_t left = file.line(number).size();
    require(end == left || end == left + 1, "origins are all of the line");
    bytes += end;
  }
  if (lines == file.line_count()) {
    require(bytes == file.file().content.size(), "lines are all of the file");
  }
}

// True when all of it could be rendered.
bool render_alone(const Mustache& text, const render::Partials& partials, const json& inputs,
                  Mustache::Settings settings) {
  render::Budget budget{.steps = kSteps};
  const auto output = text.render(inputs, partials, settings, budget);
  render::Budget same{.steps = kSteps};
  const auto again = text.render(inputs, partials, settings, same);
  require(output ? again && *again == *output : !again, "the same inputs render to the same bytes");
  if (!output) {
    check_place(output.error());
    return false;
  }
  require(output->size() <= render::kFileOutputBytesMax, "the output is bounded");
  render::Budget third{.steps = kSteps};
  render::Recorder recorder(third);
  const auto traced = text.trace(inputs, partials, settings, third, recorder);
  require(traced && *traced == *output, "what is traced is the same");
  require(third.steps == budget.steps, "and takes as many steps");
  check_pieces(std::move(recorder).finish(), *output);
  return budget.steps >= 0;
}

// One text as each kind of file, strictly and not.
bool render_each_way(std::string_view content, std::string_view partial, const json& inputs) {
  const auto text = Mustache::compile(std::string(content), "main");
  if (!text) {
    check_place(text.error());
    return false;
  }
  render::Partials partials;
  auto part = Mustache::compile(std::string(partial), "part");
  if (part) partials.emplace("part", *std::move(part));
  bool rendered = true;
  for (const std::string& name : render::escape_names()) {
    const Escape escape = render::parse_escape(name).value();
    for (const bool strict : {true, false}) {
      rendered = render_alone(*text, partials, inputs, {escape, strict}) && rendered;
    }
  }
  return rendered;
}

// The whole way, as the server and the hosts go it.
void render_directory(std::string_view path, const json& inputs, std::string_view content,
                      std::string_view partial) {
  auto compiled = render::CompiledTemplate::compile(
      {{.path = std::string(path), .content = std::string(content)},
       {.path = "partials/part", .content = std::string(partial)}});
  if (!compiled) return;
  const auto files = compiled->render(inputs);
  if (!files) return;
  require(files->size() <= 1, "a file gives at most one file");
  require(*compiled->render(inputs) == *files, "the same inputs give the same files");
  const auto traced = compiled->trace(inputs);
  require(traced && traced->size() == files->size(), "what is rendered can be traced");
  for (std::size_t i = 0; i < files->size(); ++i) {
    require((*traced)[i].file() == (*files)[i], "what is traced is the same");
    check_lines((*traced)[i]);
  }
  (void)model::digest_of(*files);
}

}  // namespace

void run(std::string_view input) {
  const auto parts = parts_of(input, 4);
  const auto inputs = parse_json(parts[1]);
  if (!inputs) return;
  const bool rendered = render_each_way(parts[2], parts[3], *inputs);
  if (rendered && inputs->is_object()) {
    const auto path = parts[0].substr(0, parts[0].find('\n'));
    render_directory(path, *inputs, parts[2], parts[3]);
  }
}

}  // namespace titan::fuzz
