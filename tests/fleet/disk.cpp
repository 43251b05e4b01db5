#include "tests/fleet/disk.hpp"

#include "base/error.hpp"

namespace titan::fleet {

void Stopper::stop_at(std::uint64_t n, bool after) {
  left_ = n;
  after_ = after;
}

Stopper::Moment Stopper::count() {
  if (left_ == 0 || --left_ > 0) return Moment::none;
  return after_ ? Moment::after : Moment::before;
}

template <class Effect>
Result<void> Disk::change(const std::string& name, bool needs_space, const Effect& effect) {
  ++changes_;
  last_change_ = name;
  const Stopper::Moment moment = stopper_.count();
  if (moment == Stopper::Moment::before) throw Stopped();
  if (health == Health::broken) return unavailable("injected: the disk is broken");
  if (health == Health::full && needs_space) return exhausted("injected: the disk is full");
  Result<void> result = effect();
  if (moment == Stopper::Moment::after) throw Stopped();
  return result;
}

void Disk::power_cut() {
  memory_.power_cut();
}

void Disk::written_back() {
  if (left_out_.file_flushes) (void)memory_.flush();
}

Result<std::string> Disk::read(const std::string& path, std::size_t bytes_max) {
  return memory_.read(path, bytes_max);
}

Result<FileSystem::Info> Disk::info(const std::string& path) {
  return memory_.info(path);
}

Result<std::vector<FileSystem::Entry>> Disk::list(const std::string& path) {
  return memory_.list(path);
}

Result<std::string> Disk::read_link(const std::string& path) {
  return memory_.read_link(path);
}

Result<bool> Disk::in_memory(const std::string& path) {
  return memory_.in_memory(path);
}

Result<std::string> Disk::absolute_path() {
  return memory_.absolute_path();
}

Result<void> Disk::write(const std::string& path, std::string_view content, std::uint32_t mode,
                         Flush flush) {
  const bool flushes = flush == Flush::now && !left_out_.file_flushes;
  const auto put = [&](std::string_view what) {
    return flushes ? memory_.write(path, what, mode) : memory_.write_unflushed(path, what, mode);
  };
  const std::string_view half = content.substr(0, content.size() / 2);
  bool is_done = false;
  try {
    auto written = change("write " + path, true, [&] {
      is_done = true;
      return put(content);
    });
    if (!is_done) (void)put(half);
    return written;
  } catch (const Stopped&) {
    if (!is_done) (void)put(half);
    throw;
  }
}

Result<void> Disk::write(const std::string& path, std::string_view content, std::uint32_t mode) {
  return write(path, content, mode, Flush::now);
}

Result<void> Disk::write_unflushed(const std::string& path, std::string_view content,
                                   std::uint32_t mode) {
  return write(path, content, mode, Flush::later);
}

Result<void> Disk::flush() {
  return change("flush", false, [&]() -> Result<void> {
    if (left_out_.file_flushes) return {};
    return memory_.flush();
  });
}

Result<void> Disk::set_mode(const std::string& path, std::uint32_t mode) {
  return change("set_mode " + path, false, [&] { return memory_.set_mode(path, mode); });
}

Result<void> Disk::set_owner(const std::string& path, std::uint32_t user, std::uint32_t group) {
  return change("set_owner " + path, false, [&] { return memory_.set_owner(path, user, group); });
}

Result<void> Disk::rename(const std::string& from, const std::string& to) {
  return change("rename " + from + " " + to, false, [&] { return memory_.rename(from, to); });
}

Result<void> Disk::make_link(const std::string& path, const std::string& target) {
  return change("make_link " + path, true, [&] { return memory_.make_link(path, target); });
}

Result<void> Disk::make_directory(const std::string& path, std::uint32_t mode) {
  return change("make_directory " + path, true, [&] { return memory_.make_directory(path, mode); });
}

Result<void> Disk::remove_file(const std::string& path) {
  return change("remove_file " + path, false, [&] { return memory_.remove_file(path); });
}

Result<void> Disk::remove_directory(const std::string& path) {
  return change("remove_directory " + path, false, [&] { return memory_.remove_directory(path); });
}

Result<void> Disk::sync_directory(const std::string& path) {
  return change("sync_directory " + path, false, [&]() -> Result<void> {
    if (left_out_.folder_flushes) return {};
    return memory_.sync_directory(path);
  });
}

Result<std::unique_ptr<FileSystem::Lock>> Disk::lock(const std::string& path) {
  return memory_.lock(path);
}

}  // namespace titan::fleet
