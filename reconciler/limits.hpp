#pragma once

#include <cstddef>

// The limits of reconciler/, in one place.
namespace titan::reconciler {

// Units of systemd.
constexpr std::size_t kUnitNameBytesMax = 255;  // systemd's own limit
constexpr std::size_t kUnitsMax = 200;          // of one deployment
constexpr std::size_t kRestartPathsMax = 100;   // of one unit

// What a write would do.
constexpr std::size_t kEffectObjectsMax = 2000;      // of Kubernetes, that are read
constexpr std::size_t kPreviewDeploymentsMax = 200;  // that are looked at
constexpr std::size_t kPreviewHostsMax = 1000;       // of those that they reach
constexpr std::size_t kPreviewFormsMax = 4000;       // deployments on hosts, together

}  // namespace titan::reconciler
