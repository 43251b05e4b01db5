#include "server-lite/app.hpp"

int main(int argc, char** argv) {
  return static_cast<int>(
      titan::server_lite::run({argv + 1, argv + argc}, titan::system_program_env()));
}
