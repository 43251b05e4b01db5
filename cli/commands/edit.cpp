#include "cli/commands/edit.hpp"

#include <nlohmann/json.hpp>
#include <ostream>
#include <utility>

#include "base/text.hpp"
#include "base/yaml.hpp"
#include "cli/commands/write.hpp"
#include "cli/draft.hpp"
#include "cli/entity_text.hpp"
#include "cli/limits.hpp"
#include "cli/local_file.hpp"
#include "cli/output.hpp"
#include "cli/terminal_text.hpp"

namespace titan::cli {
namespace {

constexpr std::uint32_t kPrivateMode = 0600;  // values may be secrets

// A file for the editor, in TMPDIR or /tmp.
class EditFile {
 public:
  static Result<EditFile> create(const model::Key& key, const Env& env) {
    std::string folder = env.variable("TMPDIR").value_or("");
    if (folder.empty()) folder = "/tmp";
    auto files = env.create_folder(folder);
    if (!files) return std::move(files).error().context("making a file for the editor");
    std::string name = "titan-edit-" + std::string(model::singular_of(key.kind)) + "-" + key.name +
                       "-" + make_token(env.random) + ".yaml";
    return EditFile(*std::move(files), std::move(folder), std::move(name));
  }

  [[nodiscard]] std::string path() const { return path_from(folder_, name_); }
  Result<void> write(const std::string& text) { return files_->write(name_, text, kPrivateMode); }
  Result<std::string> read() { return files_->read(name_, kManifestBytesMax); }
  void remove() { static_cast<void>(files_->remove_file(name_)); }

 private:
  EditFile(std::unique_ptr<FileSystem> files, std::string folder, std::string name)
      : files_(std::move(files)), folder_(std::move(folder)), name_(std::move(name)) {}

  std::unique_ptr<FileSystem> files_;
  std::string folder_;
  std::string name_;
};

std::vector<std::string> editor_of(const Env& env) {
  for (const char* variable : {"VISUAL", "EDITOR"}) {
    std::vector<std::string> words;
    for (std::string& word : split(env.variable(variable).value_or(""), ' ')) {
      if (!word.empty()) words.push_back(std::move(word));
    }
    if (!words.empty()) return words;
  }
  return {"vi"};
}

// Each line of the text as a comment.
std::string comment(const std::string& text) {
  std::string lines;
  for (const std::string& line : split(text, '\n')) lines += "# " + terminal_text(line) + "\n";
  return lines;
}

bool says_the_same(const model::Entity& left, const model::Entity& right) {
  return left.spec == right.spec && left.tags == right.tags;
}

// From the first look at the entity to what became of it.
class Edit {
 public:
  Edit(model::Entity entity, bool allow_missing, EditFile file, client::Client& client,
       const Env& env)
      : entity_(std::move(entity)),
        allow_missing_(allow_missing),
        file_(std::move(file)),
        client_(client),
        env_(env) {}

  Result<ExitCode> run() {
    const std::string name = display_name(entity_.key());
    std::string text = editable_text(entity_);
    std::string notes = comment("Save and leave the editor to apply " + name +
                                ";\nleave the text as it is, or empty, to change nothing.");
    const std::string untouched = text;
    std::string refused;
    for (std::size_t round = 1;; ++round) {
      TITAN_TRY(let_edit(notes, text));
      if (trim(text).empty() || text == untouched) return no_change(name);
      if (text == refused) return keep(invalid("it is as it was when it was refused"));
      auto draft = read(text);
      if (draft && !draft->directory && says_the_same(draft->entity, entity_)) {
        return no_change(name);
      }
      const auto written = draft ? apply(*draft) : Result<client::WriteResult>(draft.error());
      if (written) {
        file_.remove();
        env_.out << name << ' ' << applied_word(written->outcome) << '\n';
        return ExitCode::done;
      }
      if (written.error().code != ErrorCode::invalid || round == kEditRoundsMax) {
        return keep(written.error());
      }
      notes = comment("It was refused, and is opened again:\n" + written.error().text() +
                      "\nLeave it as it is to give up.");
      refused = text;
    }
  }

 private:
  // Opens the editor; `text` is what it leaves, without the notes.
  Result<void> let_edit(const std::string& notes, std::string& text) {
    TITAN_TRY(file_.write(notes + text));
    titan::Command command{.arguments = editor_of(env_), .interactive = true};
    const std::string editor = command.arguments.front();
    command.arguments.push_back(file_.path());
    const auto ended = env_.runner.run(command);
    TITAN_ASSIGN(std::string left, file_.read());
    if (left == notes + text && (!ended || ended->exit_code != 0)) file_.remove();
    if (!ended) {
      return invalid("the editor cannot be started: " + ended.error().text() +
                     "; VISUAL and EDITOR say which one to use");
    }
    if (ended->exit_code != 0) {
      if (left != notes + text) tell_path();
      return invalid("the editor " + quote(editor) + " ended with " +
                     std::to_string(ended->exit_code) + "; nothing is changed");
    }
    text = left.starts_with(notes) ? left.substr(notes.size()) : std::move(left);
    return {};
  }

  Result<Draft> read(const std::string& text) const {
    TITAN_ASSIGN(const auto documents, parse_yaml(text));
    if (documents.size() != 1) {
      return invalid("expected one document, found " + std::to_string(documents.size()));
    }
    TITAN_ASSIGN(Draft draft, draft_of(documents.front(), {.workspace = entity_.workspace}));
    if (draft.entity.key() == entity_.key()) return draft;
    return invalid("kind, name and workspace cannot be edited: expected " +
                   entity_.key().subject() + ", found " + draft.entity.key().subject());
  }

  Result<client::WriteResult> apply(Draft& draft) {
    TITAN_TRY(make_ready(draft, client_, env_));
    for (std::size_t tries = 1;; ++tries) {
      auto written = client_.put(draft.entity,
                                 {.allow_missing = allow_missing_, .if_match = entity_.revision});
      if (written || written.error().code != ErrorCode::conflict) return written;
      if (tries == kEditRetriesMax) return written;
      TITAN_ASSIGN(model::Entity now, client_.get(entity_.key()));
      // The server moves the status by itself; that is nothing that the edit could undo.
      const bool only_status = now.id == entity_.id && now.revision != entity_.revision &&
                               now.version == entity_.version && says_the_same(now, entity_);
      if (!only_status) return written;
      entity_ = std::move(now);
    }
  }

  ExitCode no_change(const std::string& name) {
    file_.remove();
    env_.out << name << " no change\n";
    return ExitCode::done;
  }

  ExitCode keep(Error error) {
    if (error.subject.empty()) error.subject = entity_.key().subject();
    const ExitCode code = report(env_, error);
    tell_path();
    return code;
  }
  void tell_path() { remark(env_, "the edited file is kept at " + file_.path()); }

  model::Entity entity_;  // as the server has it, as far as it is known
  bool allow_missing_;
  EditFile file_;
  client::Client& client_;
  const Env& env_;
};

}  // namespace

Result<ExitCode> run(const EditCommand& command, const Env& env) {
  TITAN_ASSIGN(auto session, Session::open(command.connection, env));
  const model::Key key = session.key_of(command.what.kind, command.what.name);
  TITAN_ASSIGN(model::Entity entity, session.client().get(key));
  TITAN_ASSIGN(EditFile file, EditFile::create(key, env));
  return Edit(std::move(entity), command.allow_missing, std::move(file), session.client(), env)
      .run();
}

}  // namespace titan::cli
