#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/digest.hpp"
#include "base/timestamp.hpp"
#include "model/bookmark.hpp"
#include "model/rendered.hpp"

// What hosts get, and would get, as the server tells it (docs/spec/provenance.md). Plain values.
// `document` is the answer itself, as JSON.
namespace titan::client {

// One deployment on one host.
struct Rendering {
  std::string deployment = {};  // "default/prod"
  std::uint64_t version = 0;
  std::string driver = {};
  std::string template_name = {};  // empty: there is none
  Digest digest = {};              // of the files; empty with an error
  std::string error = {};          // why it cannot be rendered; then there are no files
  std::vector<model::RenderedFile> files = {};
};

struct HostRendering {
  std::string host = {};
  model::Bookmark bookmark = {};  // of the moment
  std::vector<Rendering> deployments = {};
  std::string document = {};
};

// Empty on a side where there is nothing.
struct Sides {
  std::string before = {};
  std::string after = {};
  bool operator==(const Sides&) const = default;
};

struct PreviewFile {
  std::string path = {};
  std::string change = {};  // "added", "removed", "changed"
  Sides mode = {};
  Sides owner = {};
  Sides digest = {};
  std::string diff = {};  // unified, without its head
  bool binary = false;
  bool cut = false;  // there is more of it
};

struct PreviewEffect {
  std::string action = {};     // "restart"
  std::string subject = {};    // "app.service"
  std::string condition = {};  // "if it runs"; empty: in any case
};

// One thing that happens to one deployment on some hosts.
struct PreviewGroup {
  std::string deployment = {};  // "default/prod"
  std::string change = {};      // "added", "removed", "changed", "failing"
  std::vector<std::string> hosts = {};
  std::string driver = {};
  std::optional<std::uint64_t> version_before = {};
  std::optional<std::uint64_t> version_after = {};
  std::string error_before = {};
  std::string error = {};
  std::vector<PreviewFile> files = {};
  std::vector<PreviewEffect> effects = {};
  std::string note = {};
};

struct Preview {
  model::Bookmark bookmark = {};  // what it was compared with
  std::vector<PreviewGroup> groups = {};
  std::uint64_t hosts = 0;
  std::uint64_t changed_hosts = 0;
  std::uint64_t more_hosts = 0;
  std::uint64_t more_deployments = 0;
  std::string document = {};
};

// A row of the change log that made something what it is.
struct SinceChange {
  std::string bookmark = {};
  Timestamp time = {};
  std::string actor = {};
  std::string request_id = {};
};

// One thing that a template names.
struct WhyInput {
  std::string pointer = {};               // a JSON pointer into the inputs: "/values/port"
  std::optional<std::string> value = {};  // as JSON, perhaps cut; none: there is none
  // "template", "workload", "deployment", "host", "workspace", "organization"; empty: none has it.
  std::string layer = {};
  std::string entity = {};                  // "deployment default/prod"
  std::string place = {};                   // in the entity: "/spec/values/port"
  std::vector<std::string> also_from = {};  // weaker layers of the same object
  std::optional<SinceChange> since = {};    // none: older than the log
};

// Where something stands in a template.
struct TemplatePlace {
  std::string file = {};
  std::uint64_t line = 0;
  std::uint64_t column = 0;
};

// A piece of a line, or what decides about one: as render::Origin.
struct WhyOrigin {
  std::string role = {};  // "text", "value", "section", "inverted"
  TemplatePlace place = {};
  bool written = false;
  bool left_out = false;
  bool encloses = false;
  std::vector<TemplatePlace> included = {};  // by which tags, the innermost first
  std::string input = {};                    // a pointer; of text empty
  std::optional<std::uint64_t> item = {};
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

struct WhyLine {
  std::uint64_t line = 0;
  std::string text = {};
  std::vector<WhyOrigin> origins = {};
};

// A file of the template.
struct WhyFile {
  std::string path = {};
  std::optional<SinceChange> since = {};
};

// What brought the deployment to the host: a target's rules, or an assignment.
struct WhyRule {
  std::string target = {};
  std::map<std::string, std::string> labels = {};
  std::string selector = {};
  std::map<std::string, std::string> matched = {};  // the host's labels, of those that it names
  std::string assignment = {};
  std::optional<SinceChange> since = {};
};

// Where the lines of a file on a host come from.
struct Why {
  std::string host = {};
  model::Bookmark bookmark = {};
  std::string deployment = {};  // "default/prod"
  std::uint64_t version = 0;
  std::string path = {};  // as rendered
  std::uint64_t line_count = 0;
  std::string template_name = {};
  std::string template_file = {};  // as it is called in the template
  WhyRule rule = {};
  std::vector<WhyLine> lines = {};
  std::vector<WhyFile> files = {};
  std::vector<WhyInput> inputs = {};  // by pointer
  std::uint64_t more_inputs = 0;
  std::string document = {};
};

}  // namespace titan::client
