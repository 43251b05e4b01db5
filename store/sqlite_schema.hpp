#pragma once

#include <cstdint>
#include <span>

#include "store/migration.hpp"

// Internal to store/: the tables of SqliteStore; docs/spec/store.md explains them.
namespace titan::store {

constexpr std::int64_t kApplicationId = 0x7469746e;  // "titn", in the file's header

std::span<const Migration> schema_steps();

}  // namespace titan::store
