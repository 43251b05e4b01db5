#include "client/transport_factory.hpp"
#include "gitops/limits.hpp"
#include "server-lite/app.hpp"

int main(int argc, char** argv) {
  return static_cast<int>(titan::server_lite::run(
      {argv + 1, argv + argc}, titan::system_program_env(),
      [](const std::string& url, const std::string& ca_file) {
        return titan::client::open_git_transport(url, ca_file, titan::gitops::kFetchBytesMax);
      }));
}
