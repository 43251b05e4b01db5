#pragma once

#include <chrono>
#include <cstddef>

// The limits of agent/drivers/, in one place. How many texts of drift there may be, and how long,
// stands in model/limits.hpp.
namespace titan::agent {

constexpr std::size_t kProgramOutputBytesMax = 256UL << 10U;  // of each stream of a program
constexpr std::size_t kProgramLineBytesMax = 240;             // of its last line, in an error
constexpr std::chrono::seconds kProbeTimeout{30};             // to ask a program for its version

constexpr std::size_t kUnitsNamedMax = 3;  // in an error

constexpr std::size_t kContainersBytesMax = 4UL << 20U;  // what `ps` of a project may write

constexpr std::size_t kKubernetesObjectsMax = 2000;             // of one deployment
constexpr std::size_t kKubernetesBytesMax = 8UL << 20U;         // of all its manifests
constexpr std::size_t kKubernetesAnswerBytesMax = 32UL << 20U;  // what kubectl may write
constexpr std::size_t kInventoryBytesMax = 900UL << 10U;        // a ConfigMap has at most a MiB
constexpr std::size_t kObjectsNamedMax = 3;                     // in an error

constexpr std::size_t kExternalDriversMax = 64;               // of one host
constexpr std::size_t kExternalAnswerBytesMax = 64UL << 10U;  // of one answer
constexpr std::size_t kExternalTextBytesMax = 1024;           // of a reason or an action
constexpr std::size_t kExternalActionsMax = 100;              // of one plan

}  // namespace titan::agent
