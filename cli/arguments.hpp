#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "cli/commands/apply_files.hpp"
#include "cli/commands/auth.hpp"
#include "cli/commands/config.hpp"
#include "cli/commands/create_credential.hpp"
#include "cli/commands/delete.hpp"
#include "cli/commands/describe.hpp"
#include "cli/commands/devices.hpp"
#include "cli/commands/diff.hpp"
#include "cli/commands/edit.hpp"
#include "cli/commands/get.hpp"
#include "cli/commands/get_changes.hpp"
#include "cli/commands/login.hpp"
#include "cli/commands/print.hpp"
#include "cli/commands/render.hpp"
#include "cli/commands/report_stage.hpp"
#include "cli/commands/sign.hpp"
#include "cli/commands/status.hpp"
#include "cli/commands/sync.hpp"
#include "cli/commands/trace.hpp"
#include "cli/commands/version.hpp"
#include "cli/commands/wait.hpp"
#include "cli/commands/why.hpp"
#include "cli/commands/write.hpp"
#include "cli/commands/write_secret.hpp"

namespace titan::cli {

using Command =
    std::variant<WriteCommand, ApplyFilesCommand, DiffCommand, EditCommand, GetCommand,
                 GetChangesCommand, DescribeCommand, WaitCommand, DeleteCommand, DeleteFilesCommand,
                 CurrentContextCommand, GetContextsCommand, UseContextCommand, SetContextCommand,
                 LoginCommand, LogoutCommand, WhoamiCommand, CanICommand, CreateTokenCommand,
                 CreateEnrollmentCommand, WriteSecretCommand, GetLobbyCommand, ApproveCommand,
                 RevokeCommand, NewKeyCommand, SignCommand, StatusCommand, SyncCommand,
                 VersionCommand, RenderCommand, WhyCommand, TraceCommand, ReportStageCommand,
                 PrintCommand>;

// What a command line asks for: a command, or its help.
struct Arguments {
  std::optional<Command> command = {};
  std::string help = {};  // when there is no command
};

// Reads the arguments after the program's name. invalid, with the closest known word and where
// help is found, when they ask for nothing that titan can do.
Result<Arguments> parse_arguments(const std::vector<std::string>& arguments);

}  // namespace titan::cli
