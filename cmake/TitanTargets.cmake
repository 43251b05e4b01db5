# How titan's targets are made: titan_library, titan_program, titan_test.

# titan::settings carries the flags that every target shares.
add_library(titan_settings INTERFACE)
add_library(titan::settings ALIAS titan_settings)
target_compile_features(titan_settings INTERFACE cxx_std_20)
target_include_directories(titan_settings INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_definitions(titan_settings INTERFACE TITAN_VERSION="${PROJECT_VERSION}")
target_compile_options(titan_settings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Wcast-qual -Wconversion
  -Wno-sign-conversion -Wimplicit-fallthrough -Wno-missing-field-initializers
  # g++ 12 warns of its own std::string at -O3 (GCC bug 105651).
  $<$<CONFIG:Release>:-Wno-restrict>)
if(CMAKE_UNITY_BUILD)
  # A source that another file includes is taken for a header there.
  target_compile_options(titan_settings INTERFACE -Wno-subobject-linkage)
endif()
option(TITAN_WARNINGS_AS_ERRORS "Stop at a warning" ON)
if(TITAN_WARNINGS_AS_ERRORS)
  target_compile_options(titan_settings INTERFACE -Werror)
endif()

# The heavy headers are compiled once, and so is the code of nlohmann::json. They are named here and
# in json_instances.hpp alone: a file still includes what it uses, and stays correct without this.
add_library(titan_heavy STATIC
  ${PROJECT_SOURCE_DIR}/cmake/heavy_headers.cpp ${PROJECT_SOURCE_DIR}/cmake/precompiled_headers.cpp)
set_source_files_properties(${PROJECT_SOURCE_DIR}/cmake/heavy_headers.cpp PROPERTIES
  SKIP_PRECOMPILE_HEADERS ON SKIP_UNITY_BUILD_INCLUSION ON)
# Not optimised, it would take a seventh of the time of tests under the sanitizers.
if(CMAKE_CXX_FLAGS MATCHES "-O0")
  set_property(SOURCE ${PROJECT_SOURCE_DIR}/cmake/heavy_headers.cpp
    APPEND PROPERTY COMPILE_OPTIONS -O1)
endif()
target_link_libraries(titan_heavy PRIVATE titan::settings tl::expected
  nlohmann_json::nlohmann_json Threads::Threads)
target_precompile_headers(titan_heavy PRIVATE
  <algorithm> <chrono> <functional> <map> <memory> <optional> <string> <string_view> <variant>
  <vector> <nlohmann/json.hpp> <tl/expected.hpp>
  ${PROJECT_SOURCE_DIR}/cmake/json_instances.hpp)

# titan_library(name SOURCES … DEPS …) makes titan_name and titan::name.
function(titan_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DEPS;PRIVATE_DEPS")
  add_library(titan_${name} STATIC ${arg_SOURCES})
  add_library(titan::${name} ALIAS titan_${name})
  target_link_libraries(titan_${name} PUBLIC titan::settings tl::expected
    nlohmann_json::nlohmann_json Threads::Threads ${arg_DEPS} titan_heavy
    PRIVATE ${arg_PRIVATE_DEPS})
  target_precompile_headers(titan_${name} REUSE_FROM titan_heavy)
endfunction()

# titan_program(titan-agent DEPS …) makes the program of a folder from its main.cpp.
function(titan_program name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "DEPS")
  add_executable(${name} main.cpp)
  target_link_libraries(${name} PRIVATE titan::settings ${arg_DEPS})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
endfunction()

# The flags of tests and of what only they use, after those of everything.
set(TITAN_TEST_FLAGS "" CACHE STRING "More compiler flags for the sources of tests")
separate_arguments(titan_test_flags UNIX_COMMAND "${TITAN_TEST_FLAGS}")

# titan_test_sources(target) compiles a target as tests are: with their flags and their headers.
function(titan_test_sources target)
  target_compile_options(${target} PRIVATE ${titan_test_flags})
  target_precompile_headers(${target} REUSE_FROM titan_test_support)
endfunction()

# A build with sanitizers has unit tests only. They have a label of their own: `./dev test` runs
# those, and others of a build without.
set(titan_unit_label unit)
if(CMAKE_CXX_FLAGS MATCHES "-fsanitize=(address|thread)")
  set(titan_unit_label unit-sanitized)
endif()

# titan_test(name LABEL unit|e2e|tidy SOURCES … DEPS …) makes titan_name_test, known to ctest.
# `./dev test` runs those labelled unit under the sanitizers, and the others without. THOROUGH ones
# are unit tests with less to do under the sanitizers: it runs them both ways, and they are compiled
# as what they test is. Those marked NIGHTLY have much more to do when TITAN_NIGHTLY is on, and then
# the label nightly instead of their own. MATRIX ones go the same ways again and again, where other
# tests go as well: the sanitizer does not watch what becomes of the stack of returned functions,
# which would take half as long again. COST is about how many seconds the longest of them takes:
# ctest starts the longest first.
function(titan_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg
    "NIGHTLY;THOROUGH;MATRIX" "LABEL;TIMEOUT;COST" "SOURCES;DEPS")
  set(target titan_${name}_test)
  add_executable(${target} ${arg_SOURCES})
  target_link_libraries(${target} PRIVATE titan::settings GTest::gtest_main ${arg_DEPS})
  if(arg_THOROUGH)
    target_precompile_headers(${target} REUSE_FROM titan_heavy)
  else()
    titan_test_sources(${target})
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  if(NOT arg_COST)
    set(arg_COST 0)
  endif()
  set(label ${arg_LABEL})
  if(arg_LABEL STREQUAL "unit")
    set_property(GLOBAL APPEND PROPERTY TITAN_UNIT_TESTS ${target})
    set(label ${titan_unit_label})
    if(arg_THOROUGH AND label STREQUAL "unit")
      set(label thorough)
    endif()
  endif()
  if(arg_THOROUGH OR NOT arg_LABEL STREQUAL "unit")
    set_property(GLOBAL APPEND PROPERTY TITAN_OTHER_TESTS ${target})
  endif()
  if(TITAN_NIGHTLY AND arg_NIGHTLY)
    set(label nightly)
    set(arg_TIMEOUT 14400)
    target_compile_definitions(${target} PRIVATE TITAN_NIGHTLY)
    set_property(GLOBAL APPEND PROPERTY TITAN_NIGHTLY_TESTS ${target})
  endif()
  set(environment "")
  if(arg_MATRIX AND label STREQUAL "unit-sanitized")
    set(environment ENVIRONMENT ASAN_OPTIONS=detect_stack_use_after_return=0:intercept_strstr=0)
  endif()
  gtest_discover_tests(${target} DISCOVERY_MODE PRE_TEST WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
    PROPERTIES LABELS ${label} TIMEOUT ${arg_TIMEOUT} COST ${arg_COST} ${environment})
endfunction()
