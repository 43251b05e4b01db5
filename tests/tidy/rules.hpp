#pragma once

#include <string>

#include "base/process_runner.hpp"
#include "tests/tidy/source_tree.hpp"

// The habits of the project that a program can check. Each rule is a pure function from the files
// to the places that break it; rules_test.cpp holds a bad sample of each.
namespace titan::tests::tidy {

// ---- include_rules.cpp -----------------------------------------------------------------------

// Folders include and link only along the arrows of the floors, and never tests, benchmarks or fuzz
// targets; the latter two include no tests.
// Each quoted include names a file from the root of the project.
Offences floors(const SourceTree& tree);
// A library's header is included only by the folder that wraps it, and never by one of titan's
// headers when it is heavy to compile.
Offences third_party_headers(const SourceTree& tree);

// ---- code_rules.cpp --------------------------------------------------------------------------

// At most 100 columns (code points).
Offences columns(const SourceTree& tree);
// No tabs, no blanks at the end of a line, no carriage returns, one newline at the end.
Offences white_space(const SourceTree& tree);
// At most 900 lines.
Offences file_length(const SourceTree& tree);
// Nothing left for later.
Offences unfinished(const SourceTree& tree);
// Each header begins with #pragma once.
Offences include_guards(const SourceTree& tree);
// No `using namespace` at file scope.
Offences using_namespaces(const SourceTree& tree);
// A header's first type, or its end when it has none, comes after a comment that says what it is.
Offences unexplained_headers(const SourceTree& tree);

// ---- build_rules.cpp -------------------------------------------------------------------------

// Each .cpp is named in the CMakeLists.txt of its folder, and each header is included somewhere.
Offences orphans(const SourceTree& tree);
// As .clang-format says; not_found when there is no clang-format here.
Result<Offences> unformatted(const SourceTree& tree, const std::string& root,
                             ProcessRunner& processes);

// ---- document_rules.cpp ----------------------------------------------------------------------

// Each folder has a README.md.
Offences folders_without_readme(const SourceTree& tree);
// What a Markdown file links to, and each `folder/file` it names, exists.
Offences broken_references(const SourceTree& tree);

}  // namespace titan::tests::tidy
