#include "tests/support/certificates.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <memory>
#include <stdexcept>

#include "base/text.hpp"

namespace titan::testing {
namespace {

template <class Thing, void (*free)(Thing*)>
struct Free {
  void operator()(Thing* thing) const { free(thing); }
};
template <class Thing, void (*free)(Thing*)>
using Owned = std::unique_ptr<Thing, Free<Thing, free>>;
using Certificate = Owned<X509, X509_free>;
using Key = Owned<EVP_PKEY, EVP_PKEY_free>;
using File = Owned<BIO, BIO_free_all>;

void must(bool done, const char* what) {
  if (!done) throw std::runtime_error(std::string("OpenSSL: ") + what);
}

File open(const std::string& path, const char* mode) {
  File file(BIO_new_file(path.c_str(), mode));
  must(file != nullptr, path.c_str());
  return file;
}

void add_extension(X509* certificate, int kind, const std::string& value) {
  const Owned<X509_EXTENSION, X509_EXTENSION_free> extension(
      X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str()));
  must(extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1, "extension");
}

void fill(X509* certificate, EVP_PKEY* key, const CertificateRequest& request) {
  std::uint32_t serial = 0;
  must(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1, "serial");
  must(X509_set_version(certificate, 2) == 1, "version");
  must(ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial) == 1, "serial");
  X509_gmtime_adj(X509_getm_notBefore(certificate), 3600L * request.valid_from_hours);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600L * request.valid_until_hours);
  must(X509_set_pubkey(certificate, key) == 1, "public key");
  const auto* name = reinterpret_cast<const unsigned char*>(request.common_name.c_str());
  must(X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC, name, -1,
                                  -1, 0) == 1,
       "subject");
  add_extension(certificate, NID_basic_constraints,
                request.is_authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
  if (!request.names.empty()) {
    add_extension(certificate, NID_subject_alt_name, join(request.names, ","));
  }
}

void sign(X509* certificate, EVP_PKEY* key, const CertificateFiles& issuer) {
  if (issuer.key.empty()) {
    must(X509_set_issuer_name(certificate, X509_get_subject_name(certificate)) == 1, "issuer");
    must(X509_sign(certificate, key, EVP_sha256()) > 0, "signature");
    return;
  }
  const File certificate_file = open(issuer.certificate, "r");
  const Certificate signer(PEM_read_bio_X509(certificate_file.get(), nullptr, nullptr, nullptr));
  const File key_file = open(issuer.key, "r");
  const Key signer_key(PEM_read_bio_PrivateKey(key_file.get(), nullptr, nullptr, nullptr));
  must(signer != nullptr && signer_key != nullptr, "issuer");
  must(X509_set_issuer_name(certificate, X509_get_subject_name(signer.get())) == 1, "issuer");
  must(X509_sign(certificate, signer_key.get(), EVP_sha256()) > 0, "signature");
}

}  // namespace

CertificateFiles make_certificate(const std::string& folder, const std::string& name,
                                  const CertificateRequest& request) {
  const CertificateFiles files{.certificate = folder + "/" + name + ".crt",
                               .key = folder + "/" + name + ".key"};
  const Key key(EVP_EC_gen("P-256"));
  const Certificate certificate(X509_new());
  must(key != nullptr && certificate != nullptr, "memory");
  fill(certificate.get(), key.get(), request);
  sign(certificate.get(), key.get(), request.issuer);
  const File key_file = open(files.key, "w");
  must(PEM_write_bio_PrivateKey(key_file.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr),
       "key file");
  const File certificate_file = open(files.certificate, "w");
  must(PEM_write_bio_X509(certificate_file.get(), certificate.get()) == 1, "certificate file");
  return files;
}

}  // namespace titan::testing
