#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "model/bookmark.hpp"
#include "model/key.hpp"
#include "model/labels.hpp"
#include "model/manifest.hpp"
#include "reconciler/sources.hpp"
#include "render/origins.hpp"
#include "server-lite/change_note.hpp"
#include "server-lite/fleet_state.hpp"
#include "server-lite/template_renderer.hpp"
#include "store/store.hpp"

namespace titan::server_lite {

// Says where the lines of a file on a host come from: the template's line, the values in it, the
// layer that gave each, the rule that brought the deployment there, and the change in the log that
// made each of these what it is. It writes nothing; in the place of secrets' values stand their
// placeholders. Safe to share between threads. docs/spec/provenance.md, "Why".
class WhyService {
 public:
  // When something became what it is; none: before all that the log still holds.
  using Since = std::optional<ChangeNote>;

  // One thing that a template names.
  struct Input {
    std::string pointer = {};               // a JSON pointer into the inputs
    std::optional<std::string> value = {};  // as canonical JSON, perhaps cut; none: there is none
    // As reconciler::InputSource; empty: no layer has it.
    std::string layer = {};
    std::string subject = {};  // the entity of the layer: "deployment default/prod"
    std::string place = {};    // a JSON pointer into that: "/spec/values/broker"
    std::vector<std::string> weaker_layers = {};
    Since since = {};
  };
  struct Line {
    std::uint64_t number = 0;
    std::string text = {};  // perhaps cut
    std::vector<render::Origin> origins = {};
  };
  // A file of the template of which lines come.
  struct SourceFile {
    std::string path = {};
    Since since = {};
  };
  // What brought the deployment to the host.
  struct Rule {
    std::string target = {};      // its name
    model::Labels labels = {};    // that it wants
    std::string selector = {};    // likewise
    model::Labels matched = {};   // the host's, of those that it names
    std::string assignment = {};  // instead, with replicas
    Since since = {};
  };
  struct Answer {
    std::string host = {};
    model::Bookmark bookmark = {};
    model::Key deployment = {};
    std::uint64_t version = 0;
    std::string path = {};    // of the file, as rendered
    std::string source = {};  // as it is in the template
    std::string template_name = {};
    Digest template_digest = {};
    Rule rule = {};
    std::uint64_t line_count = 0;        // of the file
    std::vector<Line> lines = {};        // that was asked for, or the first kWhyLinesMax
    std::vector<SourceFile> files = {};  // by path
    std::vector<Input> inputs = {};      // that the lines name, by pointer; at most kWhyInputsMax
    std::uint64_t more_inputs = 0;
  };
  struct Question {
    model::Key host = {};
    std::string path = {};        // as rendered, or without "root/"
    std::uint64_t line = 0;       // from 1; 0: all
    std::string deployment = {};  // "default/prod"; empty: whichever has the file
    std::uint64_t seq = 0;        // the moment; from the fleet's horizon to its head
  };
  using Sees = std::function<bool(std::string_view workspace)>;

  // Borrows all.
  WhyService(store::Store& store, FleetState& state, TemplateRenderer& renderer, std::string epoch)
      : store_(store), state_(state), renderer_(renderer), epoch_(std::move(epoch)) {}

  // not_found: no such host then, no deployment that may be seen has the file, or the file has
  // fewer lines. conflict: several deployments have it. invalid: the file is no text. expired: the
  // log was compacted meanwhile. And the errors of the store.
  Result<Answer> ask(const Question& question, const Sees& sees);

 private:
  struct Found;
  Result<Found> find(const Question& question, const Sees& sees);
  Result<void> add_inputs(const Found& found, const std::vector<std::string>& pointers,
                          Answer& answer);
  Result<Rule> rule_of(const Found& found);
  Result<Since> since(std::uint64_t seq) { return note_of_change(store_, epoch_, seq); }

  store::Store& store_;
  FleetState& state_;
  TemplateRenderer& renderer_;
  std::string epoch_;
};

}  // namespace titan::server_lite
