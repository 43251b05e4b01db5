# ARM without a floating-point unit, as Debian's armel: of the ports, the one whose programs run on
# an ARMv6 such as the ARM1176 of Raspberry Pi 1 and Zero. The emulator is told to be one, and ends
# a program with an illegal instruction at anything newer.
set(CMAKE_SYSTEM_PROCESSOR arm)
set(titan_architecture armel)
set(titan_triplet arm-linux-gnueabi)
set(titan_emulator qemu-arm-static -cpu arm1176)
include(${CMAKE_CURRENT_LIST_DIR}/debian.cmake)
