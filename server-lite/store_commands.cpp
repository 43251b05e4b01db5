#include "server-lite/store_commands.hpp"

#include <ostream>

#include "base/file_system.hpp"
#include "base/random.hpp"
#include "store/backup.hpp"
#include "store/check.hpp"

namespace titan::server_lite {
namespace {

ExitCode fail(const Error& error, const ProgramEnv& env) {
  env.err << "titan-server: " << error.text() << "\n";
  return exit_code_of(error.code);
}

// For people who wait; a script gets the outcome alone.
store::Progress progress_of(const ProgramEnv& env) {
  if (env.log_format != Log::Format::human) return {};
  return [&err = env.err](const std::string& doing) { err << "titan-server: " << doing << "\n"; };
}

std::string counted(std::uint64_t count, const std::string& one, const std::string& many) {
  return std::to_string(count) + " " + (count == 1 ? one : many);
}

std::string text_of(const store::CheckSummary& summary) {
  return counted(summary.entities, "entity", "entities") + ", " +
         counted(summary.changes, "change", "changes") + " after seq " +
         std::to_string(summary.horizon) + ", " + counted(summary.reports, "report", "reports") +
         ", " + counted(summary.blobs, "blob", "blobs") + ", " +
         counted(summary.cursors, "cursor", "cursors") + ", bookmark " + summary.bookmark.text();
}

}  // namespace

std::string database_in(const std::string& data) {
  return data + "/titan.db";
}

ExitCode run_backup(const StoreCommand& command, const ProgramEnv& env) {
  const auto done = store::back_up(database_in(command.data), command.file,
                                   {.replace = command.force, .progress = progress_of(env)});
  if (!done) return fail(done.error(), env);
  env.out << command.file << ": " << done->bytes << " bytes, bookmark " << done->bookmark.text()
          << "\n";
  return ExitCode::done;
}

ExitCode run_restore(const StoreCommand& command, const ProgramEnv& env) {
  const std::string database = database_in(command.data);
  if (const auto folder = DiskFileSystem::create(command.data); !folder) {
    return fail(folder.error(), env);
  }
  const auto lock = store::lock_database(database);
  if (!lock) {
    const ExitCode code = fail(lock.error(), env);
    return lock.error().code == ErrorCode::conflict ? ExitCode::locked : code;
  }
  SystemRandom random;
  const auto done = store::restore(command.file, database, **lock, random,
                                   {.replace = command.force, .progress = progress_of(env)});
  if (!done) return fail(done.error(), env);
  env.out << database << ": restored from " << command.file << ", bookmark "
          << done->bookmark.text() << "; every host will get its full manifest\n";
  if (done->kept) env.out << *done->kept << ": the database before\n";
  return ExitCode::done;
}

ExitCode run_check(const StoreCommand& command, const ProgramEnv& env) {
  const auto tell = [&](const std::string& finding) { env.out << finding << "\n"; };
  const auto done = store::check_database(database_in(command.data), tell);
  if (!done) return fail(done.error(), env);
  if (done->findings == 0) {
    env.out << "ok: " << text_of(*done) << "\n";
    return ExitCode::done;
  }
  env.err << "titan-server: " << counted(done->findings, "finding", "findings")
          << (done->cut_short ? ", and there may be more" : "") << " in " << text_of(*done) << "\n";
  return ExitCode::failed;
}

}  // namespace titan::server_lite
