#include "render/origins.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "render/limits.hpp"

namespace titan::render {
namespace {

// RFC 6901, section 3.
std::string pointer_text(const Trace& trace, std::uint32_t pointer) {
  std::vector<std::string_view> names;
  for (; trace.pointers[pointer].outer != Trace::kNone; pointer = trace.pointers[pointer].outer) {
    names.push_back(trace.pointers[pointer].name);
  }
  std::string text;
  for (auto name = names.rbegin(); name != names.rend(); ++name) {
    text += '/';
    for (const char byte : *name) {
      if (byte == '~') {
        text += "~0";
      } else if (byte == '/') {
        text += "~1";
      } else {
        text += byte;
      }
    }
  }
  return text;
}

// Origins of the bytes from `begin` to `end` of an output, in order.
class LineReader {
 public:
  // `line_begins` are those of the output, or none when it is one line.
  LineReader(const Trace& trace, std::string_view output,
             const std::vector<std::size_t>& line_begins, std::size_t begin, std::size_t end)
      : trace_(trace), output_(output), line_begins_(line_begins), begin_(begin), end_(end) {}

  std::vector<Origin> read() {
    const bool is_last = end_ == output_.size() && (end_ == begin_ || output_[end_ - 1] != '\n');
    auto piece = std::partition_point(trace_.pieces.begin(), trace_.pieces.end(),
                                      [&](const auto& each) { return each.begin < begin_; });
    // Pieces do not overlap, but one that began before may reach in here, behind those of no bytes.
    while (piece != trace_.pieces.begin() && std::prev(piece)->end > begin_) --piece;
    for (; piece != trace_.pieces.end(); ++piece) {
      if (piece->begin > end_ || (piece->begin == end_ && !is_last)) break;
      add(*piece);
      if (origins_.size() > kLineOriginsMax) break;
    }
    if (origins_.size() > kLineOriginsMax) origins_.resize(kLineOriginsMax);
    return std::move(origins_);
  }

 private:
  void add(const Trace::Piece& piece) {
    const bool is_written = piece.kind == Trace::Kind::text || piece.kind == Trace::Kind::value;
    add_deciders(piece.decider, is_written);
    if (piece.kind == Trace::Kind::decider) return;
    if (!is_written && !values_before_.insert(piece.pointer).second) return;
    const std::size_t from = std::max<std::size_t>(piece.begin, begin_);
    const std::size_t to = std::min<std::size_t>(piece.end, end_);
    Origin origin{.written = is_written,
                  .place = place_of(piece.text, piece.position),
                  .included = inclusions_of(piece.inclusion)};
    if (origin.written) {
      origin.offset = from - begin_;
      origin.length = to - from;
    }
    if (piece.kind == Trace::Kind::text) {
      const auto lines = line_at(from) - line_at(piece.begin);
      origin.place.line += static_cast<std::uint32_t>(lines);
      if (lines > 0) origin.place.column = 1;
    } else {
      origin.role = Origin::Role::value;
      origin.input = pointer_text(trace_, piece.pointer);
    }
    origins_.push_back(std::move(origin));
  }

  [[nodiscard]] Place place_of(std::uint32_t text, Mustache::Position position) const {
    return {trace_.texts[text], position.line, position.column};
  }

  [[nodiscard]] std::vector<Place> inclusions_of(std::uint32_t innermost) const {
    std::vector<Place> places;
    while (innermost != Trace::kNone) {
      const Trace::Inclusion& inclusion = trace_.inclusions[innermost];
      places.push_back(place_of(inclusion.text, inclusion.position));
      innermost = inclusion.outer;
    }
    return places;
  }

  [[nodiscard]] std::ptrdiff_t line_at(std::size_t offset) const {
    return std::upper_bound(line_begins_.begin(), line_begins_.end(), offset) -
           line_begins_.begin();
  }

  // Those further out have been told when one further in has.
  void add_deciders(std::uint32_t innermost, bool enclose) {
    if (innermost == Trace::kNone) return;
    const auto told = told_.find(innermost);
    const bool is_told = told != told_.end();
    if (is_told && (!enclose || origins_[told->second].encloses)) return;
    const Trace::Decider& decider = trace_.deciders[innermost];
    add_deciders(decider.outer, enclose);
    if (is_told) {
      origins_[told->second].encloses = true;
      return;
    }
    told_.emplace(innermost, origins_.size());
    Origin origin{.role = decider.inverted ? Origin::Role::inverted : Origin::Role::section,
                  .written = false,
                  .left_out = decider.left_out,
                  .encloses = enclose,
                  .place = place_of(decider.text, decider.position),
                  .included = inclusions_of(decider.inclusion),
                  .input = pointer_text(trace_, decider.pointer)};
    if (decider.item != Trace::kNone) origin.item = decider.item;
    origins_.push_back(std::move(origin));
  }

  const Trace& trace_;
  std::string_view output_;
  const std::vector<std::size_t>& line_begins_;
  std::size_t begin_;
  std::size_t end_;
  std::map<std::uint32_t, std::size_t> told_;  // deciders, with where their origins are
  std::set<std::uint32_t> values_before_;      // pointers
  std::vector<Origin> origins_;
};

}  // namespace

TracedFile::TracedFile(std::string source, model::RenderedFile file, const Trace& path,
                       Trace content)
    : source_(std::move(source)),
      file_(std::move(file)),
      path_origins_(LineReader(path, file_.path, line_begins_, 0, file_.path.size()).read()),
      content_(std::move(content)) {
  for (Origin& origin : path_origins_) origin.place.file = source_;
  for (std::size_t begin = 0; begin < file_.content.size();) {
    line_begins_.push_back(begin);
    begin = std::min(file_.content.find('\n', begin), file_.content.size() - 1) + 1;
  }
}

std::size_t TracedFile::end_of(std::size_t number) const {
  return number < line_begins_.size() ? line_begins_[number] : file_.content.size();
}

std::string_view TracedFile::line(std::size_t number) const {
  const std::size_t begin = line_begins_[number - 1];
  const auto line = std::string_view(file_.content).substr(begin, end_of(number) - begin);
  return line.ends_with('\n') ? line.substr(0, line.size() - 1) : line;
}

std::vector<Origin> TracedFile::origins(std::size_t number) const {
  const std::size_t begin = line_begins_[number - 1];
  return LineReader(content_, file_.content, line_begins_, begin, end_of(number)).read();
}

}  // namespace titan::render
