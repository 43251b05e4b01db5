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

void digest(benchmark::State& state) {
  const auto files = CompiledTemplate::compile(service_template())
                         .value()
                         .render(inputs_with_sensors(state.range(0)))
                         .value();
  for (auto _ : state) benchmark::DoNotOptimize(model::digest_of(files));
}

BENCHMARK(compile);
BENCHMARK(render)->ArgName("sensors")->Arg(3)->Arg(1000);
BENCHMARK(digest)->ArgName("sensors")->Arg(3)->Arg(1000);

}  // namespace
}  // namespace titan::render
