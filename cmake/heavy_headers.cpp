// The source that the precompiled header is built for; see TitanTargets.cmake.
