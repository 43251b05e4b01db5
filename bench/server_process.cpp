#include "bench/server_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <thread>
#include <vector>

#include "bench/sample_fleet.hpp"
#include "client/http_transport.hpp"

namespace titan::bench {
namespace {

using Wall = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kLook{2};
constexpr std::chrono::milliseconds kIdle{500};
constexpr double kIdleCpu = 0.02;  // seconds of it, in that time
constexpr std::chrono::seconds kStartMax{120};

std::string read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// The address in the record "listening" of the log; empty while there is none.
std::string listening_address(const std::string& log) {
  const std::string text = read_text(log);
  const auto record = text.find("listening");
  const auto start = text.find("127.0.0.1:", record);
  if (record == std::string::npos || start == std::string::npos) return {};
  const auto end = text.find_first_not_of("0123456789.:", start);
  return end == std::string::npos ? "" : text.substr(start, end - start);
}

pid_t start_program(std::vector<std::string> arguments, const std::string& log) {
  std::vector<char*> raw;
  for (std::string& argument : arguments) raw.push_back(argument.data());
  raw.push_back(nullptr);
  const int output = ::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::dup2(output, STDOUT_FILENO);
    ::dup2(output, STDERR_FILENO);
    ::execv(raw[0], raw.data());
    ::_exit(127);
  }
  ::close(output);
  return pid;
}

}  // namespace

ServerProcess::ServerProcess(const std::string& data) : data_(data) {
  const std::string log = data + "/log";
  const auto begin = Wall::now();
  pid_ = start_program(
      {TITAN_BIN "/titan-server", "--data", data, "--listen", "127.0.0.1:0", "--token-rate", "0"},
      log);
  std::string address;
  while (address.empty()) {
    if (Wall::now() - begin > kStartMax) {
      std::cerr << "titan-server does not answer: " << read_text(log) << "\n";
      std::abort();
    }
    std::this_thread::sleep_for(kLook);
    address = listening_address(log);
  }
  url_ = "http://" + address;
  const auto transport = must(client::HttpTransport::open(url_));
  const auto answer = must(transport->send({.method = "GET", .target = "/v1/status"}));
  if (answer.status != 200) fail(internal("titan-server is not well: " + answer.body));
  start_ = Wall::now() - begin;
}

ServerProcess::~ServerProcess() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

Secret ServerProcess::token() const {
  const std::string text = read_text(data_ + "/admin-token");
  return Secret::of(text.substr(0, text.find('\n')));
}

double ServerProcess::status_mib(const std::string& field) const {
  std::ifstream file("/proc/" + std::to_string(pid_) + "/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(field + ":")) return std::stod(line.substr(field.size() + 1)) / 1024;
  }
  return 0;
}

double ServerProcess::resident_mib() const {
  return status_mib("VmRSS");
}

double ServerProcess::resident_peak_mib() const {
  return status_mib("VmHWM");
}

std::chrono::duration<double> ServerProcess::cpu() const {
  std::istringstream fields(read_text("/proc/" + std::to_string(pid_) + "/stat"));
  std::string skipped;
  for (int i = 0; i < 13; ++i) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return std::chrono::duration<double>((user + system) /
                                       static_cast<double>(::sysconf(_SC_CLK_TCK)));
}

void ServerProcess::wait_until_idle() const {
  auto before = cpu();
  while (true) {
    std::this_thread::sleep_for(kIdle);
    const auto now = cpu();
    if ((now - before).count() < kIdleCpu) return;
    before = now;
  }
}

}  // namespace titan::bench
