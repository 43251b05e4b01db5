#include "client/write.hpp"

namespace titan::client {

std::string_view name_of(WriteOutcome outcome) {
  switch (outcome) {
    case WriteOutcome::created:
      return "created";
    case WriteOutcome::updated:
      return "updated";
    case WriteOutcome::unchanged:
      return "unchanged";
    case WriteOutcome::deleting:
      return "deleting";
    case WriteOutcome::deleted:
      return "deleted";
  }
  return "unchanged";
}

std::string_view name_of(ChangeState state) {
  switch (state) {
    case ChangeState::accepted:
      return "ACCEPTED";
    case ChangeState::committed:
      return "COMMITTED";
    case ChangeState::refused:
      return "REFUSED";
  }
  return "ACCEPTED";
}

}  // namespace titan::client
