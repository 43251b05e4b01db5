#include "tests/agent/hostile_paths.hpp"

#include <algorithm>
#include <set>

namespace titan::testing {
namespace {

using Paths = std::vector<std::string>;

const Paths& dots() {
  static const Paths kPaths = {"",
                               "/",
                               "//",
                               ".",
                               "..",
                               "./",
                               "../",
                               "/.",
                               "/..",
                               "./a",
                               "../a",
                               "a/.",
                               "a/..",
                               "a/./b",
                               "a/../b",
                               "a/../../b",
                               "a//b",
                               "a/",
                               "a//",
                               "//a",
                               "///a",
                               "/a",
                               "/etc/passwd",
                               "//etc/passwd",
                               "../outside/planted",
                               "../../outside/planted",
                               "a/../../outside/planted",
                               "../root/a",
                               "root/../../outside/planted",
                               "....//outside",
                               "..../a",
                               "...",
                               ".../a",
                               ".. /a",
                               " ..",
                               " ../a",
                               ".. ",
                               "..\t/a",
                               "\t../a",
                               "..;/a",
                               "..;",
                               ".;./a",
                               ".\\.",
                               "..\\a",
                               "..\\..\\outside\\planted",
                               "a\\..\\..\\b",
                               "\\",
                               "\\\\",
                               "\\a",
                               "/\\a",
                               "..%2foutside",
                               "%2e%2e/outside",
                               "%2e%2e%2foutside",
                               "..%c0%af",
                               "..%5c",
                               "%00",
                               "a%00b",
                               "..%00/",
                               "&#46;&#46;/a",
                               "\\u002e\\u002e/a",
                               "\\056\\056/a",
                               "..//..//outside/planted",
                               "./../outside/planted",
                               ".//../outside",
                               "a/b/c/../../../../outside/planted"};
  return kPaths;
}

const Paths& elsewhere() {
  static const Paths kPaths = {"C:",
                               "C:\\Windows",
                               "C:a",
                               "C:/a",
                               "c:\\..\\a",
                               "\\\\server\\share",
                               "//server/share",
                               "\\\\?\\C:\\a",
                               "\\\\.\\pipe\\a",
                               "file:///etc/passwd",
                               "file://localhost/a",
                               "http://x/a",
                               "~",
                               "~/a",
                               "~root/.ssh/authorized_keys",
                               "$HOME/a",
                               "${HOME}/a",
                               "$(id)",
                               "`id`",
                               "a;id",
                               "a|id",
                               "a&id",
                               "a>b",
                               "a<b",
                               "*",
                               "?",
                               "[a]",
                               "{a,b}",
                               "a b",
                               " a",
                               "a ",
                               "'a'",
                               "\"a\"",
                               "-rf",
                               "--",
                               "-",
                               "--help",
                               "#a",
                               "!a",
                               "@a",
                               "+a",
                               "=a",
                               "%s%n",
                               "a\nb",
                               "a\r\nb",
                               "a\tb",
                               "proc/self/root/etc/passwd",
                               "proc/self/cwd/a",
                               "dev/null",
                               "dev/fd/0",
                               "sys/a",
                               "etc/passwd",
                               "etc/shadow",
                               "etc/ld.so.preload",
                               "root/.ssh/authorized_keys",
                               "hosts",
                               "HEAD",
                               "config",
                               "objects/aa",
                               "refs/heads/main",
                               "kustomization.yaml",
                               "template.yaml",
                               "root",
                               "root/",
                               "Root/a",
                               "ROOT/a",
                               "root/root/a",
                               "roo\u0074/a",
                               "partials/a",
                               "partials/../root/a",
                               "hooks/pre-apply",
                               "hooks/../../a",
                               "state.json",
                               "identity/device.key",
                               "blobs/a",
                               "generations/a",
                               "lock"};
  return kPaths;
}

const Paths& placeholders() {
  static const Paths kPaths = {"{{x}}",
                               "{{{x}}}",
                               "{{&x}}",
                               "{{>x}}",
                               "{{#x}}a{{/x}}",
                               "{{^x}}a{{/x}}",
                               "{{!x}}",
                               "{{=<% %>=}}",
                               "{{x",
                               "x}}",
                               "{{",
                               "}}",
                               "{{.}}",
                               "{{..}}",
                               "{{../x}}",
                               "{{/x}}",
                               "{{<x}}{{/x}}",
                               "{{$x}}{{/x}}",
                               "{{ values.p }}",
                               "{{values}}",
                               "{{host.name}}",
                               "{{nobody}}"};
  return kPaths;
}

// What stands in the way, or leads out of it: see the links that the test makes.
const Paths& links() {
  static const Paths kPaths = {
      "out",         "out/planted", "out/canary",   "abs",         "abs/a",        "chain",
      "chain/a",     "loop",        "loop/a",       "up",          "up/outside/a", "proc/1/cwd/a",
      "dangling",    "dangling/a",  "in/a",         "in",          "deep/out/a",   "to-canary",
      "to-canary/a", "hard",        "self",         "self/root/a", "fifo",         "fifo/a",
      "folder",      "folder/a",    "folder/out/a", "out/../a"};
  return kPaths;
}

void add_names_of_git(Paths& paths) {
  const Paths names = {".git",           ".GIT",     ".Git",        ".gIt",
                       ".giT",           ".GiT",     ".gitmodules", ".GITMODULES",
                       "git~1",          "GIT~1",    "git~2",       "gitmod~1",
                       "GI7EBA~1",       "gi7eba~2", ".gitignore",  ".gitattributes",
                       ".GitAttributes", "gitatt~1", "gi7d29~1",    "gitatt",
                       ".github",        "git",      ".git2"};
  const Paths endings = {"",  "/config", "/hooks/post-checkout", ".",   " ",        "..",     ". .",
                         ":", ":a",      "::$INDEX_ALLOCATION",  "\\a", "\\config", "::$DATA"};
  for (const std::string& name : names) {
    for (const std::string& ending : endings) paths.push_back(name + ending);
    paths.push_back("a/" + name + "/config");
    paths.push_back("a\\" + name);
    paths.push_back("./" + name);
    paths.push_back("../" + name + "/config");
  }
}

// Code points that some file system or terminal leaves out, turns round, or takes for another.
void add_unicode(Paths& paths) {
  const Paths ignorable = {"\u200B", "\u200C", "\u200D", "\u200E", "\u200F", "\u202A", "\u202B",
                           "\u202C", "\u202D", "\u202E", "\u2060", "\u206A", "\u206B", "\u206C",
                           "\u206D", "\u206E", "\u206F", "\uFEFF", "\u00AD", "\u034F", "\u061C"};
  for (const std::string& code : ignorable) {
    for (std::size_t at = 0; at <= 4; ++at) {
      std::string name = ".git";
      paths.push_back(name.insert(at, code) + "/config");
    }
    paths.push_back("." + code + "./a");
    paths.push_back(code + "../a");
    paths.push_back(".." + code);
  }
  const Paths dots = {"\uFF0E", "\u2024", "\u2025", "\u2026", "\u3002", "\uFF61",
                      "\uFE52", "\u0701", "\uA4F8", "\u0307", "\u06D4"};
  for (const std::string& dot : dots) {
    paths.push_back(dot + dot + "/a");
    paths.push_back("." + dot);
    paths.push_back(dot + "git/config");
  }
  const Paths slashes = {"\uFF0F", "\u2215", "\u2044", "\u29F8", "\u2571", "\u0338",
                         "\uFF3C", "\u29F5", "\u2216", "\u00A5", "\u20A9"};
  for (const std::string& slash : slashes) {
    paths.push_back(".." + slash + "outside");
    paths.push_back(slash + "etc" + slash + "passwd");
  }
  for (const char* path :
       {"\u202Etxt.exe", "\u0130.git", ".g\u0131t/config", ".g\u0130t/config", ".ｇｉｔ/config",
        "ﬁle", "e\u0301", "\u00E9", "\u1100\u1161", "\U0001F600", "\U000E0001.git", "\u0000a",
        "\u0085", "\u2028", "\u2029", "\uFFFD", "\uFFFE", "\uE000"}) {
    paths.push_back(path);
  }
}

void add_bytes(Paths& paths) {
  for (int byte = 0; byte < 0x20; ++byte) {
    const std::string control(1, static_cast<char>(byte));
    paths.push_back("a" + control + "b");
    paths.push_back(".." + control + "/a");
  }
  paths.push_back("a\x7F");
  paths.push_back(std::string("\0", 1));
  paths.push_back(std::string("\0/etc/passwd", 12));
  paths.push_back(std::string("a\0/../../outside", 16));
  // Not UTF-8: overlong forms of "." and "/", halves, surrogates, beyond U+10FFFF.
  for (const char* bytes :
       {"\xC0\xAE\xC0\xAE/a",
        "\xC0\xAE\xC0\xAE\xC0\xAF"
        "outside",
        "..\xC0\xAF"
        "a",
        "\xE0\x80\xAE./a", "\xF0\x80\x80\xAE./a",
        "..\xE0\x80\xAF"
        "a",
        "\xFF", "\xFE\xFF", "a\x80", "\xC3", "\xE2\x80", "\xED\xA0\x80", "\xED\xBF\xBF",
        "\xF4\x90\x80\x80", "\xF8\x88\x80\x80\x80", ".gi\xC3t", "\xC0\x80", "a\xC0\x80/../b"}) {
    paths.push_back(bytes);
  }
}

void add_names_of_devices(Paths& paths) {
  Paths names = {"con", "prn", "aux", "nul", "CON", "NUL", "clock$", "conin$", "conout$"};
  for (int i = 0; i <= 9; ++i) {
    names.push_back("com" + std::to_string(i));
    names.push_back("LPT" + std::to_string(i));
  }
  for (const std::string& name : names) {
    paths.push_back(name);
    paths.push_back("a/" + name + ".txt");
  }
}

void add_long(Paths& paths) {
  for (const std::size_t bytes : {242, 243, 244, 254, 255, 256, 1000, 4096, 100'000}) {
    paths.push_back(std::string(bytes, 'n'));
    paths.push_back("a/" + std::string(bytes, 'n') + "/b");
  }
  for (const int depth : {8, 26, 27, 31, 32, 33, 100, 1000}) {
    std::string path;
    std::string up;
    for (int i = 0; i < depth; ++i) {
      path += "d/";
      up += "../";
    }
    paths.push_back("deeper/" + path + "a");
    paths.push_back(up + "outside/planted");
    paths.push_back(path + up + "outside/planted");
  }
  std::string many;
  while (many.size() < 5000) many += std::string(200, 'p') + "/";
  for (const std::size_t bytes : {4094, 4095, 4096, 4097}) {
    std::string path = many.substr(0, bytes - 1);
    paths.push_back(path + "z");
  }
}

void add_temporary_names(Paths& paths) {
  for (const char* path :
       {".a.titan-tmp", "t/.a.titan-tmp", "t/a", ".a.titan-tmp/b", "..titan-tmp", ".titan-tmp",
        "a.titan-tmp", ".A.TITAN-TMP", ".a.titan-tmp.", ".a.titan-tmp ",
        ".kustomization.yaml.titan-tmp", "..a.titan-tmp.titan-tmp", ".\u200Ba.titan-tmp"}) {
    paths.push_back(path);
  }
}

}  // namespace

std::vector<std::string> hostile_paths() {
  Paths paths;
  for (const Paths* some : {&dots(), &elsewhere(), &placeholders(), &links()}) {
    paths.insert(paths.end(), some->begin(), some->end());
  }
  add_names_of_git(paths);
  add_unicode(paths);
  add_bytes(paths);
  add_names_of_devices(paths);
  add_long(paths);
  add_temporary_names(paths);
  std::set<std::string> seen;
  std::erase_if(paths, [&](const std::string& path) { return !seen.insert(path).second; });
  return paths;
}

}  // namespace titan::testing
