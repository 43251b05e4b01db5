#include "base/error.hpp"

#include <cerrno>
#include <system_error>
#include <utility>

namespace titan {
namespace {

ErrorCode code_of_errno(int errno_value) {
  switch (errno_value) {
    case ENOENT:
    case ENOTDIR:
    case ENXIO:
      return ErrorCode::not_found;
    case EEXIST:
    case ENOTEMPTY:
    case EISDIR:
    case EBUSY:
      return ErrorCode::conflict;
    case EACCES:
    case EPERM:
    case EROFS:
      return ErrorCode::denied;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      return ErrorCode::exhausted;
    case EINVAL:
    case ENAMETOOLONG:
    case ELOOP:
    case EXDEV:
      return ErrorCode::invalid;
    case EAGAIN:
    case EINTR:
    case ETIMEDOUT:
    case ECONNREFUSED:
    case ECONNRESET:
    case EIO:
      return ErrorCode::unavailable;
    default:
      return ErrorCode::internal;
  }
}

}  // namespace

std::string_view name_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid:
      return "invalid";
    case ErrorCode::not_found:
      return "not_found";
    case ErrorCode::conflict:
      return "conflict";
    case ErrorCode::denied:
      return "denied";
    case ErrorCode::unavailable:
      return "unavailable";
    case ErrorCode::expired:
      return "expired";
    case ErrorCode::exhausted:
      return "exhausted";
    case ErrorCode::internal:
      return "internal";
  }
  return "internal";
}

Error Error::context(std::string_view doing) const {
  Error outer = *this;
  outer.message = std::string(doing) + ": " + message;
  return outer;
}

std::string Error::text() const {
  std::string text;
  for (const std::string* part : {&subject, &field}) {
    if (!part->empty()) text += *part + ": ";
  }
  return text + message;
}

Error invalid(std::string message) {
  return {ErrorCode::invalid, std::move(message)};
}
Error not_found(std::string message) {
  return {ErrorCode::not_found, std::move(message)};
}
Error conflict(std::string message) {
  return {ErrorCode::conflict, std::move(message)};
}
Error denied(std::string message) {
  return {ErrorCode::denied, std::move(message)};
}
Error unavailable(std::string message) {
  return {ErrorCode::unavailable, std::move(message)};
}
Error expired(std::string message) {
  return {ErrorCode::expired, std::move(message)};
}

Error exhausted(std::string message) {
  return {ErrorCode::exhausted, std::move(message)};
}
Error internal(std::string message) {
  return {ErrorCode::internal, std::move(message)};
}

Error about(std::string subject, Error error) {
  error.subject = std::move(subject);
  return error;
}

Error invalid_field(std::string field, std::string message) {
  return {.code = ErrorCode::invalid, .message = std::move(message), .field = std::move(field)};
}

Error system_error(int errno_value, std::string_view doing) {
  return {code_of_errno(errno_value),
          std::string(doing) + ": " + std::generic_category().message(errno_value)};
}

}  // namespace titan
