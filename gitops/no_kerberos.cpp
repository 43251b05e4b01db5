// For a program that is linked statically: Debian's libgit2.a can log in to an HTTP remote by
// Kerberos, whose libraries have no archives. Here Kerberos is a mechanism that nothing offers
// (RFC 2743, section 1.2.1.1), so libgit2 leaves it alone; titan has no use for it.

#include <cstddef>
#include <cstdint>

extern "C" {

constexpr std::uint32_t kUnavailable = 16U << 16U;  // GSS_S_UNAVAILABLE
extern const void* const GSS_C_NT_HOSTBASED_SERVICE;
const void* const GSS_C_NT_HOSTBASED_SERVICE = nullptr;

std::uint32_t gss_indicate_mechs(std::uint32_t* minor, void** mechanisms) {
  *minor = 0;
  *mechanisms = nullptr;
  return kUnavailable;
}
std::uint32_t gss_import_name(std::uint32_t*, void*, void*, void**) {
  return kUnavailable;
}
std::uint32_t gss_init_sec_context(std::uint32_t*, void*, void**, void*, void*, std::uint32_t,
                                   std::uint32_t, void*, void*, void**, void*, std::uint32_t*,
                                   std::uint32_t*) {
  return kUnavailable;
}
std::uint32_t gss_delete_sec_context(std::uint32_t*, void**, void*) {
  return 0;
}
std::uint32_t gss_display_status(std::uint32_t*, std::uint32_t, int, void*, std::uint32_t*, void*) {
  return kUnavailable;
}
std::uint32_t gss_release_buffer(std::uint32_t*, void*) {
  return 0;
}
std::uint32_t gss_release_name(std::uint32_t*, void**) {
  return 0;
}
std::uint32_t gss_release_oid_set(std::uint32_t*, void**) {
  return 0;
}

}  // extern "C"
