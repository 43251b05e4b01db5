// Renders one Mustache again and again, for bench/mustache.py. Reads a JSON from standard input:
// {"template": "…", "partials": {"name": "…"}, "values": {…}, "seconds": 1.5}; writes one:
// {"output": "…", "renders": 1000, "seconds": 1.5}, the time being CPU time.

#include <cstdio>
#include <ctime>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

#include "base/json.hpp"
#include "render/mustache.hpp"

namespace titan::render {
namespace {

using nlohmann::json;

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

Result<json> measure(const json& task) {
  TITAN_ASSIGN(const auto text, Mustache::compile(task.at("template"), "template"));
  Partials partials;
  for (const auto& [name, content] : task.at("partials").items()) {
    TITAN_ASSIGN(auto partial, Mustache::compile(content.get<std::string>(), name));
    partials.emplace(name, std::move(partial));
  }
  const auto render = [&] {
    Budget budget;
    return text.render(task.at("values"), partials, {.escape = Escape::plain}, budget);
  };
  TITAN_ASSIGN(const std::string output, render());
  const double seconds = task.at("seconds").get<double>();
  const double begin = cpu_seconds();
  double spent = 0;
  std::int64_t renders = 0;
  for (; spent < seconds; spent = cpu_seconds() - begin) {
    for (int i = 0; i < 20; ++i, ++renders) TITAN_TRY(render());
  }
  return json{{"output", output}, {"renders", renders}, {"seconds", spent}};
}

}  // namespace
}  // namespace titan::render

int main() {
  const std::string input(std::istreambuf_iterator<char>(std::cin), {});
  const auto task = titan::parse_json(input);
  if (!task) {
    std::fprintf(stderr, "%s\n", task.error().text().c_str());
    return 2;
  }
  const auto measured = titan::render::measure(*task);
  if (!measured) {
    std::fprintf(stderr, "%s\n", measured.error().text().c_str());
    return 1;
  }
  std::cout << measured->dump() << '\n';
  return 0;
}
