#include "base/setting_name.hpp"

namespace titan {
namespace {

bool is_capital(char letter) {
  return letter >= 'A' && letter <= 'Z';
}

char small(char letter) {
  return is_capital(letter) ? static_cast<char>(letter - 'A' + 'a') : letter;
}

char capital(char letter) {
  return letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter;
}

}  // namespace

std::string flag_of(std::string_view setting) {
  std::string text = "--";
  for (const char letter : setting) {
    if (is_capital(letter)) text += '-';
    text += small(letter);
  }
  return text;
}

std::string variable_of(std::string_view setting) {
  std::string text = "TITAN_";
  for (const char letter : setting) {
    if (is_capital(letter)) text += '_';
    text += capital(letter);
  }
  return text;
}

}  // namespace titan
