#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "render/mustache.hpp"

namespace titan::render {

// What a Recorder wrote down about one output, in few bytes a piece. Internal to render/:
// TracedFile is how to read it. Indices are into the lists below.
struct Trace {
  static constexpr std::uint32_t kNone = UINT32_MAX;

  // A name below another in the inputs; the first is the inputs themselves.
  struct Pointer {
    std::uint32_t outer = kNone;
    std::string name = {};
  };
  // A tag in whose place another text, or what fills a block, was rendered.
  struct Inclusion {
    std::uint32_t outer = kNone;  // the one around it
    std::uint32_t text = 0;
    Mustache::Position position = {};
  };
  // A section, at one item of a list when it has one.
  struct Decider {
    std::uint32_t outer = kNone;  // the decider around it
    bool inverted = false;
    bool left_out = false;
    std::uint32_t text = 0;
    Mustache::Position position = {};
    std::uint32_t inclusion = kNone;  // that brought the text
    std::uint32_t pointer = 0;
    std::uint32_t item = kNone;
  };
  enum class Kind : std::uint8_t {
    text,
    value,
    value_before,  // no bytes: behind a value that ends with a line break
    decider,       // no bytes: where a section gave nothing, or ended what came before
  };
  struct Piece {
    std::uint32_t begin = 0;  // in the output
    std::uint32_t end = 0;
    Kind kind = Kind::text;
    std::uint32_t text = 0;
    Mustache::Position position = {};
    std::uint32_t inclusion = kNone;  // that brought the text
    std::uint32_t pointer = 0;        // of a value
    std::uint32_t decider = kNone;    // the innermost around it
  };

  std::vector<std::string> texts = {};  // names of the texts
  std::vector<Pointer> pointers = {{}};
  std::vector<Inclusion> inclusions = {};
  std::vector<Decider> deciders = {};
  std::vector<Piece> pieces = {};  // by begin
};

}  // namespace titan::render
