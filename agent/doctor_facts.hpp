#pragma once

#include <vector>

#include "agent/configuration.hpp"
#include "agent/doctor.hpp"
#include "base/clock.hpp"

namespace titan::agent {

// Looks at this host and asks the server once. What lasts is not changed: a file is made and
// removed again in each of the agent's directories that exist, and none of these is made. Works
// while an agent runs. `drivers`: those that the agent would use, as they say of themselves.
DoctorFacts collect_facts(const Configuration& configuration,
                          std::vector<DoctorFacts::Driver> drivers, const Clock& clock);

}  // namespace titan::agent
