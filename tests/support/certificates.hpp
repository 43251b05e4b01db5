#pragma once

#include <string>
#include <vector>

namespace titan::testing {

// A certificate and its key, as PEM files.
struct CertificateFiles {
  std::string certificate = {};
  std::string key = {};
};

struct CertificateRequest {
  std::string common_name = "titan test";
  // The subjectAltName: "DNS:a.example", "IP:127.0.0.1"; none when empty.
  std::vector<std::string> names = {};
  bool is_authority = false;
  int valid_from_hours = -1;  // from now
  int valid_until_hours = 1;
  CertificateFiles issuer = {};  // who signs it; itself when left out
};

// Makes a P-256 key and its certificate as NAME.crt and NAME.key in the folder. Whatever goes wrong
// ends the test program.
CertificateFiles make_certificate(const std::string& folder, const std::string& name,
                                  const CertificateRequest& request = {});

}  // namespace titan::testing
