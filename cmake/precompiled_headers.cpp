// The source that the precompiled header is built for; it has nothing of its own.
