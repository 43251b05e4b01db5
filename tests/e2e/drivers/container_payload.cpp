#include <signal.h>
#include <unistd.h>

#include <cstdlib>

// All that is in the image of the tests of containers: ends with the number it is given, else
// stays.
int main(int count, char** arguments) {
  if (count > 1) return std::atoi(arguments[1]);
  // The first process of a container ignores what it does not handle.
  signal(SIGTERM, [](int) { _exit(0); });
  while (true) pause();
}
