#pragma once

#include <time.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <vector>

namespace titan::bench {

double seconds_of(const auto& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

inline double thread_cpu() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

// CPU time of this thread: what others do on the machine counts less.
double cpu_seconds_of(const auto& work) {
  const double start = thread_cpu();
  work();
  return thread_cpu() - start;
}

// For how long this thread was ready to run and had no core.
inline double waited_for_core() {
  std::ifstream file("/proc/thread-self/schedstat");
  double ran_ns = 0;
  double waited_ns = 0;
  file >> ran_ns >> waited_ns;
  return waited_ns * 1e-9;
}

// REQUIRES: not empty.
inline double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace titan::bench
