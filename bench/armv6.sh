#!/usr/bin/env bash
# What a device pays to verify its server's answers: bench/verify_bench on this machine, and then
# cross-built for ARMv6 under QEMU, which is told to be the ARM1176 of Raspberry Pi 1 and Zero. How
# the two compare, and what that says of a real one, is in docs/performance.md. Takes some minutes,
# and as long to build. The packages that it misses are installed by ./dev, which names them:
# g++-arm-linux-gnueabi, mmdebstrap and qemu-user-static, besides those of a release build.
# Usage: bench/armv6.sh [ARGS], which go to the benchmark.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly options=(--benchmark_repetitions=3 --benchmark_min_time=0.1
  --benchmark_report_aggregates_only=true)

./dev build release verify_bench
./dev build armel verify_bench
echo '==> This machine'
build/release/bench/verify_bench "${options[@]}" "$@"
echo '==> ARMv6, emulated'
qemu-arm-static -cpu arm1176 -L build/sysroot/armel build/armel/bench/verify_bench \
  "${options[@]}" "$@"
