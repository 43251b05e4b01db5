#include "tests/support/failing_file_system.hpp"

namespace titan::testing {

Result<std::string> FailingFileSystem::read(const std::string& path, std::size_t bytes_max) {
  TITAN_TRY(faults_.call("read " + path));
  return inner_.read(path, bytes_max);
}

Result<FileSystem::Info> FailingFileSystem::info(const std::string& path) {
  TITAN_TRY(faults_.call("info " + path));
  return inner_.info(path);
}

Result<std::vector<FileSystem::Entry>> FailingFileSystem::list(const std::string& path) {
  TITAN_TRY(faults_.call("list " + path));
  return inner_.list(path);
}

Result<std::string> FailingFileSystem::read_link(const std::string& path) {
  TITAN_TRY(faults_.call("read_link " + path));
  return inner_.read_link(path);
}

Result<bool> FailingFileSystem::in_memory(const std::string& path) {
  TITAN_TRY(faults_.call("in_memory " + path));
  return inner_.in_memory(path);
}

Result<std::string> FailingFileSystem::absolute_path() {
  TITAN_TRY(faults_.call("absolute_path"));
  return inner_.absolute_path();
}

Result<void> FailingFileSystem::write(const std::string& path, std::string_view content,
                                      std::uint32_t mode) {
  if (auto called = faults_.call("write " + path); !called) {
    static_cast<void>(inner_.write(path, content.substr(0, content.size() / 2), mode));
    return called;
  }
  return inner_.write(path, content, mode);
}

Result<void> FailingFileSystem::write_unflushed(const std::string& path, std::string_view content,
                                                std::uint32_t mode) {
  if (auto called = faults_.call("write_unflushed " + path); !called) {
    static_cast<void>(inner_.write_unflushed(path, content.substr(0, content.size() / 2), mode));
    return called;
  }
  return inner_.write_unflushed(path, content, mode);
}

Result<void> FailingFileSystem::flush() {
  TITAN_TRY(faults_.call("flush"));
  return inner_.flush();
}

Result<void> FailingFileSystem::set_mode(const std::string& path, std::uint32_t mode) {
  TITAN_TRY(faults_.call("set_mode " + path));
  return inner_.set_mode(path, mode);
}

Result<void> FailingFileSystem::set_owner(const std::string& path, std::uint32_t user,
                                          std::uint32_t group) {
  TITAN_TRY(faults_.call("set_owner " + path));
  return inner_.set_owner(path, user, group);
}

Result<void> FailingFileSystem::rename(const std::string& from, const std::string& to) {
  TITAN_TRY(faults_.call("rename " + from + " " + to));
  return inner_.rename(from, to);
}

Result<void> FailingFileSystem::make_link(const std::string& path, const std::string& target) {
  TITAN_TRY(faults_.call("make_link " + path));
  return inner_.make_link(path, target);
}

Result<void> FailingFileSystem::make_directory(const std::string& path, std::uint32_t mode) {
  TITAN_TRY(faults_.call("make_directory " + path));
  return inner_.make_directory(path, mode);
}

Result<void> FailingFileSystem::remove_file(const std::string& path) {
  TITAN_TRY(faults_.call("remove_file " + path));
  return inner_.remove_file(path);
}

Result<void> FailingFileSystem::remove_directory(const std::string& path) {
  TITAN_TRY(faults_.call("remove_directory " + path));
  return inner_.remove_directory(path);
}

Result<void> FailingFileSystem::sync_directory(const std::string& path) {
  TITAN_TRY(faults_.call("sync_directory " + path));
  return inner_.sync_directory(path);
}

Result<std::unique_ptr<FileSystem::Lock>> FailingFileSystem::lock(const std::string& path) {
  TITAN_TRY(faults_.call("lock " + path));
  return inner_.lock(path);
}

}  // namespace titan::testing
