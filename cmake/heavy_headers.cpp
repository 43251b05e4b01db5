// The source that the precompiled header is built for, though it goes without it: it has the code
// of nlohmann::json for all the others, which that header takes from them. See TitanTargets.cmake.
#define TITAN_INSTANCE template
#include "cmake/json_instances.hpp"
