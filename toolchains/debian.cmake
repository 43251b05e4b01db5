# What the toolchain files of all architectures share: Debian's cross compiler, and a sysroot that
# toolchains/sysroot.sh made of Debian's packages. Each sets, before it includes this:
#   titan_architecture  as Debian names it
#   titan_triplet       of the compiler and of the sysroot's folders
#   titan_emulator      a program that runs what was built, with its arguments
# and CMAKE_SYSTEM_PROCESSOR.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_CXX_COMPILER /usr/bin/${titan_triplet}-g++)
set(CMAKE_LIBRARY_ARCHITECTURE ${titan_triplet})
set(CMAKE_SYSROOT ${CMAKE_CURRENT_LIST_DIR}/../build/sysroot/${titan_architecture})
cmake_path(NORMAL_PATH CMAKE_SYSROOT)
if(NOT EXISTS ${CMAKE_SYSROOT})
  message(FATAL_ERROR
    "there is no ${CMAKE_SYSROOT}: run toolchains/sysroot.sh ${titan_architecture}")
endif()

# Programs are those of this machine, all else is the sysroot's.
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${CMAKE_SYSROOT})
set(ENV{PKG_CONFIG_LIBDIR}
  ${CMAKE_SYSROOT}/usr/lib/${titan_triplet}/pkgconfig:${CMAKE_SYSROOT}/usr/share/pkgconfig)

set(CMAKE_CROSSCOMPILING_EMULATOR ${titan_emulator} -L ${CMAKE_SYSROOT})
