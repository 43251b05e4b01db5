#pragma once

#include <cstddef>
#include <cstdint>

// The limits of render/, in one place. A template that reaches one ends with `exhausted`; the
// server and the hosts have the same ones, so they agree on what can be rendered.
namespace titan::render {

constexpr std::size_t kTextBytesMax = 4UL << 20U;  // one template text
constexpr std::size_t kTagsMax = 100'000;          // in one template text
constexpr std::size_t kTagNameBytesMax = 256;
constexpr std::size_t kSectionDepthMax = 64;   // sections, parents, blocks inside one another
constexpr std::size_t kPartialDepthMax = 64;   // partials, parents and filled blocks, of all texts
constexpr std::size_t kIndentBytesMax = 1024;  // what standalone partials indent by, together
constexpr std::size_t kBinaryProbeBytes = 8192;  // a NUL byte in here makes a file binary
constexpr std::size_t kFileOutputBytesMax = 4UL << 20U;
constexpr std::size_t kTemplateOutputBytesMax = 64UL << 20U;  // all files of one rendering
// Work of one rendering, all files together. An instruction counts as a step, and so does a look
// into one object for a name or into one parent for a block, kEscapedBytesPerStep of a value that
// is written, and kJsonBytesPerStep of an object or list that is written as JSON. A partial, a
// parent and a block that is filled count as kStepsPerInclusion more. A bomb of nested loops ends
// within some 50 ms.
constexpr std::int64_t kStepsMax = 2'000'000;
constexpr std::int64_t kStepsPerInclusion = 3;
constexpr std::size_t kEscapedBytesPerStep = 16;
constexpr std::size_t kJsonBytesPerStep = 2;
// What is written down about where the files of one rendering are from: pieces of text and values,
// sections, included texts; some 50 bytes each.
constexpr std::int64_t kTracedPiecesMax = 500'000;
constexpr std::size_t kLineOriginsMax = 10'000;  // that are told of one line
constexpr std::size_t kCandidatesMax = 1000;     // names looked at for "did you mean"

// Differences of texts.
constexpr std::size_t kDiffCellsMax = 4'000'000;  // lines before times lines after, that differ
constexpr std::size_t kDiffContextLines = 3;

}  // namespace titan::render
