// The code of nlohmann::json for all the others, which the precompiled header takes from them; so
// this one goes without that header. See TitanTargets.cmake.
#define TITAN_INSTANCE template
#include "cmake/json_instances.hpp"
