#include "cli/list_flags.hpp"

#include <utility>

#include "cli/moment.hpp"

namespace titan::cli {
namespace {

template <class Value>
Result<Value> of_flag(const char* flag, Result<Value> value) {
  if (!value) return std::move(value).error().context(flag);
  return value;
}

}  // namespace

Result<model::EntityFilter> filter_of(const ListFlags& flags, model::Kind kind, Timestamp now) {
  model::EntityFilter filter;
  if (flags.selector) {
    if (kind != model::Kind::host) return invalid("--selector: only hosts have labels");
    TITAN_ASSIGN(filter.labels,
                 of_flag("--selector", model::LabelSelector::parse(*flags.selector)));
  }
  if (flags.statuses) {
    TITAN_ASSIGN(filter.statuses, of_flag("--status", model::parse_statuses(*flags.statuses)));
  }
  if (flags.tags) {
    TITAN_ASSIGN(filter.tags, of_flag("--tags", model::parse_labels(*flags.tags)));
  }
  if (flags.fields) {
    TITAN_ASSIGN(filter.fields, of_flag("--field-selector", model::parse_fields(*flags.fields)));
  }
  if (flags.modified_after) {
    TITAN_ASSIGN(filter.modified_after,
                 of_flag("--modified-after", parse_moment(*flags.modified_after, now)));
  }
  if (flags.modified_before) {
    TITAN_ASSIGN(filter.modified_before,
                 of_flag("--modified-before", parse_moment(*flags.modified_before, now)));
  }
  return filter;
}

}  // namespace titan::cli
