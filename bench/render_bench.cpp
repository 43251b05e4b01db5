// What rendering costs: the server does it once per host and changed deployment, the agent once
// per changed deployment.

#include <benchmark/benchmark.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "model/rendered.hpp"
#include "render/compiled_template.hpp"

namespace titan::render {
namespace {

// A small service: a unit, a configuration and a script.
std::vector<SourceFile> service_template() {
  return {
      {.path = "root/etc/systemd/system/{{deployment.name}}.service",
       .content = "[Unit]\nDescription={{workload.name}} on {{host.name}}\n\n[Service]\n"
                  "ExecStart=/usr/local/bin/{{deployment.name}} --interval {{values.interval}}\n"
                  "{{#values.user}}User={{values.user}}\n{{/values.user}}Restart=always\n"},
      {.path = "root/etc/{{deployment.name}}/config.yaml",
       .content = "name: \"{{deployment.name}}\"\ninterval: {{values.interval}}\nsensors:\n"
                  "{{#values.sensors}}\n  - name: \"{{name}}\"\n    pin: {{pin}}\n"
                  "{{/values.sensors}}\n"},
      {.path = "root/usr/local/bin/{{deployment.name}}",
       .mode = 0755,
       .content = "#!/bin/sh\nexec temperature-sensor --host '{{host.name}}' \"$@\"\n"},
  };
}

nlohmann::json inputs_with_sensors(std::int64_t count) {
  auto sensors = nlohmann::json::array();
  for (std::int64_t i = 0; i < count; ++i) {
    sensors.push_back({{"name", "sensor-" + std::to_string(i)}, {"pin", i}});
  }
  return {{"values", {{"interval", 5}, {"user", "sensor"}, {"sensors", sensors}}},
          {"host", {{"name", "tim-pi"}, {"labels", {{"name", "tim-pi"}}}}},
          {"deployment", {{"name", "prod"}}},
          {"workload", {{"name", "temperature-sensor"}}}};
}

void compile(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(CompiledTemplate::compile(service_template()));
}

void render(benchmark::State& state) {
  const auto compiled = CompiledTemplate::compile(service_template()).value();
  const auto inputs = inputs_with_sensors(state.range(0));
  const auto files = compiled.render(inputs).value();
  std::int64_t bytes = 0;
  for (const auto& file : files) bytes += static_cast<std::int64_t>(file.content.size());
  for (auto _ : state) benchmark::DoNotOptimize(compiled.render(inputs));
  state.SetBytesProcessed(bytes * static_cast<std::int64_t>(state.iterations()));
}

void trace(benchmark::State& state) {
  const auto compiled = CompiledTemplate::compile(service_template()).value();
  const auto inputs = inputs_with_sensors(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(compiled.trace(inputs));
}

// What ends at a limit. Their times are what an attacker gets for one rendering.
struct Bomb {
  const char* name;
  std::vector<SourceFile> files;
};

std::string times(std::size_t count, const std::string& text) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += text;
  return all;
}

// Partials that each hold `text` twice, with the name of the next in the place of "NEXT".
std::vector<SourceFile> doubling(const std::string& text) {
  std::vector<SourceFile> files = {{.path = "f", .content = "{{>p0}}"}};
  for (int i = 0; i < 40; ++i) {
    std::string once = text;
    const std::string next = "p" + std::to_string(i + 1);
    for (auto at = once.find("NEXT"); at != std::string::npos; at = once.find("NEXT", at)) {
      once.replace(at, 4, next);
    }
    files.push_back({.path = "partials/p" + std::to_string(i), .content = once + once});
  }
  files.push_back({.path = "partials/p40"});
  return files;
}

std::vector<Bomb> bombs() {
  return {
      {"nested_lists", {{.path = "f", .content = times(10, "{{#l}}") + times(10, "{{/l}}")}}},
      {"nested_lists_of_text",
       {{.path = "f", .content = times(10, "{{#l}}") + "text" + times(10, "{{/l}}")}}},
      {"deep_names",
       {{.path = "f",
         .content = times(60, "{{#o}}") + times(50, "{{#l}}{{#l}}{{s}}{{/l}}{{/l}}") +
                    times(60, "{{/o}}")}}},
      {"long_values", {{.path = "f.yaml", .content = "{{#l}}{{#l}}{{long}}{{/l}}{{/l}}"}}},
      {"values_as_json", {{.path = "f.yaml", .content = "{{#l}}{{#l}}{{{l}}}{{/l}}{{/l}}"}}},
      {"partial_of_itself",
       {{.path = "f", .content = "{{>p}}"}, {.path = "partials/p", .content = "{{>p}}{{>p}}"}}},
      {"doubling_partials", doubling("{{>NEXT}}")},
      {"doubling_parents", doubling("{{<NEXT}}{{$a}}{{$a}}{{/a}}{{/a}}{{/NEXT}}")},
      {"doubling_blocks", doubling("{{<NEXT}}{{$a}}{{$a}}x{{/a}}{{$a}}x{{/a}}{{/a}}{{/NEXT}}")},
      {"indented_lines",
       {{.path = "f", .content = times(1000, " ") + "{{>p}}\n"},
        {.path = "partials/p", .content = times(1'000'000, "\n")}}},
      {"wide_output", {{.path = "f", .content = "{{#l}}" + times(100'000, "x") + "{{/l}}"}}},
      {"many_files_of_loops",
       [] {
         std::vector<SourceFile> files;
         for (int i = 0; i < 1000; ++i) {
           files.push_back(
               {.path = "f" + std::to_string(i), .content = "{{#l}}{{#l}}{{s}}{{/l}}{{/l}}"});
         }
         return files;
       }()},
      {"many_large_files",
       [] {
         std::vector<SourceFile> files = {{.path = "partials/p", .content = times(1 << 22, "x")}};
         for (int i = 0; i < 20; ++i) {
           files.push_back({.path = "f" + std::to_string(i), .content = "{{>p}}"});
         }
         return files;
       }()},
      {"one_line_of_a_unit",
       {{.path = "f.service", .content = "ExecStart=" + times(90'000, "{{dollars}}")}}},
      {"left_out_sections",
       {{.path = "f",
         .content = times(20'000, "{{#no}}x{{/no}}") + times(20'000, "{{#yes}}x\n{{/yes}}")}}},
  };
}

void bomb(benchmark::State& state, const std::vector<SourceFile>& files, bool traced) {
  const auto compiled = CompiledTemplate::compile(files).value();
  auto list = nlohmann::json::array();
  for (int i = 0; i < 300; ++i) list.push_back(i);
  const nlohmann::json inputs = {{"l", list},         {"o", {{"o", 1}}},
                                 {"s", "s"},          {"yes", true},
                                 {"dollars", "$$$$"}, {"long", times(100'000, "\u2028\"")}};
  std::string message;
  for (auto _ : state) {
    if (traced) {
      const auto outcome = compiled.trace(inputs);
      if (!outcome) message = outcome.error().message;
    } else {
      const auto outcome = compiled.render(inputs);
      if (!outcome) message = outcome.error().message;
    }
  }
  state.SetLabel(message);
}

void digest(benchmark::State& state) {
  const auto files = CompiledTemplate::compile(service_template())
                         .value()
                         .render(inputs_with_sensors(state.range(0)))
                         .value();
  for (auto _ : state) benchmark::DoNotOptimize(model::digest_of(files));
}

BENCHMARK(compile);
BENCHMARK(render)->ArgName("sensors")->Arg(3)->Arg(1000);
BENCHMARK(trace)->ArgName("sensors")->Arg(3)->Arg(1000);
BENCHMARK(digest)->ArgName("sensors")->Arg(3)->Arg(1000);

const bool kBombs = [] {
  for (const Bomb& each : bombs()) {
    for (const bool traced : {false, true}) {
      const std::string name = std::string(traced ? "trace_bomb/" : "bomb/") + each.name;
      const auto run = [files = each.files, traced](benchmark::State& state) {
        bomb(state, files, traced);
      };
      benchmark::RegisterBenchmark(name.c_str(), run)->Unit(benchmark::kMillisecond);
    }
  }
  return true;
}();

}  // namespace
}  // namespace titan::render
