#include "agent/drivers/kubernetes_driver.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "agent/drivers/limits.hpp"
#include "base/text.hpp"
#include "model/limits.hpp"

namespace titan::agent {
namespace {

constexpr std::array<std::string_view, 3> kKustomizations = {"kustomization.yaml",
                                                             "kustomization.yml", "Kustomization"};

using Objects = std::vector<KubernetesObject>;
using Names = std::vector<ObjectName>;

bool is_kustomization(const model::RenderedFile& file) {
  return std::find(kKustomizations.begin(), kKustomizations.end(), file.path) !=
         kKustomizations.end();
}

bool is_manifest(const std::string& path) {
  return model::is_free_path(path) &&
         (path.ends_with(".yaml") || path.ends_with(".yml") || path.ends_with(".json"));
}

bool is_kustomized(const Generation& generation) {
  return std::any_of(generation.files.begin(), generation.files.end(), is_kustomization);
}

bool holds(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// A kind that the cluster does not know.
bool names_unknown_kind(std::string_view errors) {
  return holds(errors, "no matches for kind") || holds(errors, "doesn't have a resource type");
}

// What kubectl means by its words. A kind or a namespace that is missing may be on its way, in
// another deployment.
ErrorCode code_of(std::string_view errors) {
  const bool no_namespace = holds(errors, "namespaces \"") && holds(errors, "not found");
  if (sounds_passing(errors) || names_unknown_kind(errors) || no_namespace ||
      holds(errors, "timed out waiting")) {
    return ErrorCode::unavailable;
  }
  if (holds(errors, "Apply failed with") || holds(errors, "(Conflict)")) {
    return ErrorCode::conflict;
  }
  if (holds(errors, "(Forbidden)") || holds(errors, "(Unauthorized)") ||
      holds(errors, "forbidden:")) {
    return ErrorCode::denied;
  }
  if (holds(errors, "is invalid") || holds(errors, "(BadRequest)") ||
      holds(errors, "validation error") || holds(errors, "error validating") ||
      holds(errors, "failed to create typed patch object") || holds(errors, "error parsing") ||
      holds(errors, "unable to decode")) {
    return ErrorCode::invalid;
  }
  return ErrorCode::internal;
}

Names names_of(const Objects& objects) {
  Names names;
  for (const KubernetesObject& object : objects) names.push_back(object.name);
  return names;
}

void sort_uniquely(Names& names) {
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
}

// The one that says the same namespace comes before one that says none.
const KubernetesObject* find_named(const Objects& objects, const ObjectName& wanted) {
  const KubernetesObject* found = nullptr;
  for (const KubernetesObject& object : objects) {
    if (!object.name.may_be(wanted)) continue;
    if (object.name.space == wanted.space) return &object;
    if (found == nullptr) found = &object;
  }
  return found;
}

// Which answer of kubectl is the object, when it was asked for all of `asked`: one without a
// namespace is not what another of them names with its own.
const KubernetesObject* answer_for(const KubernetesObject& object, const Objects& asked,
                                   const Objects& answers) {
  const auto found = std::find_if(answers.begin(), answers.end(), [&](const auto& answer) {
    return answer.name.may_be(object.name) && find_named(asked, answer.name) == &object;
  });
  return found == answers.end() ? nullptr : &*found;
}

Result<void> check_unique(const Objects& objects) {
  Names names = names_of(objects);
  for (ObjectName& name : names) name.version.clear();
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice != names.end()) return invalid(twice->text() + " is there twice");
  return {};
}

// Deleting these may take others' objects along, or others need them.
bool may_delete(const KubernetesObject& object, const model::Key& deployment) {
  return object.owner == deployment.short_text() && !object.is_adopted &&
         (!object.is_container() || object.with_contents);
}

Result<void> guard(const DriverChange& change, const Names& known, const Objects& objects) {
  if (known.empty()) return {};
  const bool shares = std::any_of(known.begin(), known.end(), [&](const ObjectName& name) {
    return find_named(objects, name) != nullptr;
  });
  const bool opted = std::any_of(objects.begin(), objects.end(),
                                 [](const auto& object) { return object.replaces_all; });
  const bool is_good =
      !change.before.empty() && change.before.front()->digest == change.after->digest;
  if (shares || opted || is_good) return {};
  return conflict("it would delete all " + std::to_string(known.size()) +
                  " objects that the deployment has (" + known.front().text() +
                  " and so on), as none of them is in this version: annotate an object with " +
                  kReplaceAnnotation + ": \"true\" if that is meant");
}

}  // namespace

KubernetesDriver::KubernetesDriver(ProcessRunner& runner, Options options)
    : runner_(runner), options_(std::move(options)) {}

Result<void> KubernetesDriver::available() {
  Command ask = command({"version", "--client"});
  ask.timeout = kProbeTimeout;
  OutputTail output(kProgramLineBytesMax);
  const auto asked = run_to_success(runner_, ask, output);
  if (!asked) return unavailable("kubectl does not work: " + asked.error().message);
  return {};
}

Result<void> KubernetesDriver::check(const Generation& generation) {
  bool found = false;
  for (const model::RenderedFile& file : generation.files) {
    if (!is_manifest(file.path)) continue;
    found = true;
    if (file.path.find_first_of(",\"\n") == std::string::npos || is_kustomized(generation)) {
      continue;
    }
    Error error = invalid("kubectl takes no path with a comma, a quote or a line break");
    error.subject = file.path;
    return error;
  }
  if (found || is_kustomized(generation)) return {};
  return invalid(
      "the driver \"kubernetes\" needs a *.yaml, *.yml or *.json file outside root/, "
      "hooks/ and partials/, and there is none");
}

Command KubernetesDriver::command(std::vector<std::string> arguments, std::string input) const {
  Command command = {.arguments = {options_.program},
                     .input = std::move(input),
                     .environment = options_.environment,
                     .clean_environment = true,
                     .timeout = options_.timeout,
                     .output_bytes_max = kKubernetesAnswerBytesMax};
  command.arguments.insert(command.arguments.end(), arguments.begin(), arguments.end());
  command.arguments.push_back(
      "--request-timeout=" + std::to_string(options_.request_timeout.count()) + "s");
  if (!options_.kubeconfig.empty()) {
    command.arguments.push_back("--kubeconfig=" + options_.kubeconfig);
  }
  if (!options_.cache_folder.empty()) {
    command.arguments.push_back("--cache-dir=" + options_.cache_folder);
  }
  return command;
}

// What kubectl answers is JSON and may hold secrets, so only its errors are kept.
Result<Outcome> KubernetesDriver::run(const Command& command, OutputTail& output) {
  TITAN_ASSIGN(Outcome outcome, run_program(runner_, command, output, false));
  if (outcome.output.size() >= command.output_bytes_max) {
    return exhausted(quote(title_of(command)) + " wrote more than " +
                     std::to_string(command.output_bytes_max) + " bytes");
  }
  if (outcome.exit_code == 0) return outcome;
  outcome.output.clear();
  return failure_of(command, outcome, code_of(outcome.errors));
}

// kubectl itself reads the files and annotates the objects, without a cluster.
Result<Objects> KubernetesDriver::objects_of(const Generation& generation, OutputTail& output) {
  std::vector<std::string> arguments = {"annotate", "--local", "--overwrite", "--output=json"};
  std::string kustomized;
  if (is_kustomized(generation)) {
    Command kustomize = command({"kustomize", "."});
    kustomize.directory = generation.folder;
    TITAN_ASSIGN(Outcome outcome, run(kustomize, output));
    kustomized = std::move(outcome.output);
    if (trim(kustomized).empty()) return invalid("the kustomization gives no object");
    arguments.emplace_back("--filename=-");
  } else {
    for (const model::RenderedFile& file : generation.files) {
      if (is_manifest(file.path)) arguments.push_back("--filename=./" + file.path);
    }
  }
  arguments.push_back(std::string(kOwnerAnnotation) + "=" + generation.key.short_text());
  Command annotate = command(std::move(arguments), std::move(kustomized));
  annotate.directory = generation.folder;
  TITAN_ASSIGN(const Outcome outcome, run(annotate, output));
  TITAN_ASSIGN(Objects objects, read_objects(outcome.output));
  if (objects.empty()) return invalid("the manifests hold no object");
  TITAN_TRY(check_unique(objects));
  return objects;
}

Result<Objects> KubernetesDriver::live(const Names& names, OutputTail& output) {
  if (names.empty()) return Objects{};
  const Command get =
      command({"get", "--ignore-not-found", "--output=json", "--filename=-"}, list_of(names));
  TITAN_ASSIGN(const Outcome outcome, run(get, output));
  return read_objects(outcome.output);
}

// Slower, but it gets by with kinds that the cluster does not know any more: then there is no such
// object. The version is left out, as older ones are served no longer at some time.
Result<Objects> KubernetesDriver::live_one_by_one(const Names& names, OutputTail& output) {
  Objects objects;
  for (const ObjectName& name : names) {
    std::vector<std::string> arguments = {"get", "--ignore-not-found", "--output=json"};
    if (!name.space.empty()) arguments.push_back("--namespace=" + name.space);
    arguments.push_back(name.group.empty() ? name.kind : name.kind + "." + name.group);
    arguments.push_back(name.name);
    const Command get = command(std::move(arguments));
    TITAN_ASSIGN(Outcome outcome, run_program(runner_, get, output, false));
    if (outcome.exit_code != 0) {
      if (names_unknown_kind(outcome.errors)) continue;
      outcome.output.clear();
      return failure_of(get, outcome, code_of(outcome.errors));
    }
    TITAN_ASSIGN(Objects found, read_objects(outcome.output));
    objects.insert(objects.end(), found.begin(), found.end());
  }
  return objects;
}

Result<std::optional<Names>> KubernetesDriver::inventory(const model::Key& deployment,
                                                         OutputTail& output) {
  const Command get =
      command({"get", "--ignore-not-found", "--output=json",
               "--namespace=" + options_.inventory_space, "configmap", inventory_name(deployment)});
  TITAN_ASSIGN(const Outcome outcome, run(get, output));
  TITAN_ASSIGN(const Objects objects, read_objects(outcome.output));
  if (objects.empty()) return std::optional<Names>();
  TITAN_ASSIGN(Names names, read_inventory(deployment, objects.front()));
  return std::optional<Names>(std::move(names));
}

Result<void> KubernetesDriver::write_inventory(const model::Key& deployment, const Names& names,
                                               OutputTail& output) {
  TITAN_ASSIGN(std::string text, inventory_text(deployment, options_.inventory_space, names));
  // It is titan's own, so nobody else's change of it counts.
  TITAN_TRY(run(command({"apply", "--server-side", "--field-manager=titan",
                         "--force-conflicts=true", "--output=name", "--filename=-"},
                        std::move(text)),
                output));
  return {};
}

Result<Objects> KubernetesDriver::apply_stage(const model::Key& deployment, const Objects& objects,
                                              OutputTail& output) {
  if (objects.empty()) return Objects{};
  TITAN_ASSIGN(const Objects there, live(names_of(objects), output));
  for (const KubernetesObject& found : there) {
    if (found.owner == deployment.short_text()) continue;
    const KubernetesObject* wanted = find_named(objects, found.name);
    if (found.owner.empty() && wanted != nullptr && wanted->is_adopted) continue;
    if (!found.owner.empty()) {
      return conflict(found.name.text() + " belongs to deployment " + found.owner);
    }
    return conflict(found.name.text() + " is there already, and titan has not made it: annotate " +
                    "it with " + kAdoptAnnotation + ": \"true\" to take it over");
  }
  const Command apply = command({"apply", "--server-side", "--field-manager=titan",
                                 "--force-conflicts=false", "--output=json", "--filename=-"},
                                list_of(objects));
  TITAN_ASSIGN(const Outcome outcome, run(apply, output));
  return read_objects(outcome.output);
}

// What others stand in or are made of goes first, and has to be ready.
Result<Objects> KubernetesDriver::apply(const model::Key& deployment, const Objects& objects,
                                        OutputTail& output) {
  Objects first;
  Objects others;
  Names definitions;
  for (const KubernetesObject& object : objects) {
    (object.is_container() ? first : others).push_back(object);
    if (object.is_container() && object.name.kind != "Namespace") {
      definitions.push_back(object.name);
    }
  }
  TITAN_ASSIGN(Objects applied, apply_stage(deployment, first, output));
  if (!definitions.empty() && !others.empty()) {
    TITAN_TRY(run(command({"wait", "--for=condition=Established", "--filename=-",
                           "--timeout=" + std::to_string(options_.request_timeout.count()) + "s"},
                          list_of(definitions)),
                  output));
  }
  TITAN_ASSIGN(const Objects more, apply_stage(deployment, others, output));
  applied.insert(applied.end(), more.begin(), more.end());
  return applied;
}

Result<void> KubernetesDriver::prune(const model::Key& deployment, const Names& candidates,
                                     const Objects& kept, OutputTail& output) {
  if (candidates.empty()) return {};
  OutputTail unknown(kProgramOutputBytesMax);
  auto found = live(candidates, unknown);
  if (!found && names_unknown_kind(unknown.text())) found = live_one_by_one(candidates, output);
  if (!found) return found.error();
  Objects leaving;
  for (const KubernetesObject& object : *found) {
    const bool is_kept = std::any_of(kept.begin(), kept.end(), [&](const auto& other) {
      return other.uid == object.uid && !object.uid.empty();
    });
    if (!is_kept && may_delete(object, deployment)) leaving.push_back(object);
  }
  return remove(leaving, output);
}

Result<void> KubernetesDriver::remove(const Objects& objects, OutputTail& output) {
  for (const bool containers : {false, true}) {
    Names names;
    for (const KubernetesObject& object : objects) {
      if (object.is_container() == containers) names.push_back(object.name);
    }
    if (names.empty()) continue;
    Command remove = command(
        {"delete", "--ignore-not-found", "--wait=true", "--output=name",
         "--timeout=" + std::to_string(options_.delete_timeout.count()) + "s", "--filename=-"},
        list_of(names));
    TITAN_TRY(run(remove, output));
  }
  return {};
}

Result<void> KubernetesDriver::before_files(const DriverChange& change, OutputTail& output) {
  if (change.after != nullptr) {
    TITAN_TRY(objects_of(*change.after, output));
    return {};
  }
  if (change.before.empty()) return {};
  const model::Key& deployment = change.before.front()->key;
  TITAN_ASSIGN(const std::optional<Names> known, inventory(deployment, output));
  if (!known) return {};
  TITAN_TRY(prune(deployment, *known, {}, output));
  TITAN_TRY(run(
      command({"delete", "--ignore-not-found", "--output=name",
               "--namespace=" + options_.inventory_space, "configmap", inventory_name(deployment)}),
      output));
  return {};
}

Result<void> KubernetesDriver::after_files(const DriverChange& change, OutputTail& output) {
  if (change.after == nullptr) return {};
  const model::Key& deployment = change.after->key;
  TITAN_ASSIGN(const Objects objects, objects_of(*change.after, output));
  TITAN_ASSIGN(const std::optional<Names> stored, inventory(deployment, output));
  const Names known = stored.value_or(Names{});
  TITAN_TRY(guard(change, known, objects));

  Names wanted = names_of(objects);
  sort_uniquely(wanted);
  Names all = known;
  all.insert(all.end(), wanted.begin(), wanted.end());
  sort_uniquely(all);
  if (!stored || all != known) TITAN_TRY(write_inventory(deployment, all, output));
  TITAN_ASSIGN(const Objects applied, apply(deployment, objects, output));

  Names candidates;
  std::set_difference(all.begin(), all.end(), wanted.begin(), wanted.end(),
                      std::back_inserter(candidates));
  TITAN_TRY(prune(deployment, candidates, applied, output));
  if (wanted != all) TITAN_TRY(write_inventory(deployment, wanted, output));
  return {};
}

// By a dry run of the apply. When one object is in conflict, kubectl tells of none, so that each is
// asked for by itself.
Result<std::vector<std::string>> KubernetesDriver::differences_of(const Objects& objects,
                                                                  const Objects& found,
                                                                  OutputTail& output) {
  std::vector<std::string> texts;
  if (objects.empty()) return texts;
  const Command dry =
      command({"apply", "--server-side", "--dry-run=server", "--field-manager=titan",
               "--force-conflicts=false", "--output=json", "--filename=-"},
              list_of(objects));
  const auto outcome = run(dry, output);
  if (!outcome && outcome.error().code != ErrorCode::conflict) return outcome.error();
  if (!outcome && objects.size() == 1) {
    texts.push_back(objects.front().name.text() + " has fields that somebody else has taken");
    return texts;
  }
  if (!outcome) {
    for (const KubernetesObject& object : objects) {
      TITAN_ASSIGN(const auto one, differences_of({object}, found, output));
      texts.insert(texts.end(), one.begin(), one.end());
      if (texts.size() >= model::kDriftTextsMax) break;
    }
    return texts;
  }
  TITAN_ASSIGN(const Objects wanted, read_objects(outcome->output));
  for (const KubernetesObject& object : objects) {
    const KubernetesObject* would = answer_for(object, objects, wanted);
    if (would == nullptr) continue;
    const KubernetesObject* is = find_named(found, would->name);
    if (is == nullptr || is->says_the_same(*would)) continue;
    texts.push_back(object.name.text() + " differs");
  }
  return texts;
}

Result<std::vector<std::string>> KubernetesDriver::drift(const Generation& generation) {
  OutputTail output(kProgramOutputBytesMax);
  TITAN_ASSIGN(const Objects objects, objects_of(generation, output));
  auto found = live(names_of(objects), output);
  if (!found && names_unknown_kind(output.text())) {
    found = live_one_by_one(names_of(objects), output);
  }
  if (!found) return found.error();
  std::vector<std::string> texts;
  Objects there;
  for (const KubernetesObject& object : objects) {
    if (answer_for(object, objects, *found) == nullptr) {
      texts.push_back(object.name.text() + " is gone");
    } else {
      there.push_back(object);
    }
  }
  TITAN_ASSIGN(const auto differences, differences_of(there, *found, output));
  texts.insert(texts.end(), differences.begin(), differences.end());
  return limited_drift(std::move(texts));
}

}  // namespace titan::agent
