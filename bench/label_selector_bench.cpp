// What matching costs: the server asks it for every host when a target changes.

#include <benchmark/benchmark.h>

#include "model/label_selector.hpp"

namespace titan::model {
namespace {

Labels labels_of_a_host() {
  return {{"name", "tim-pi"}, {"platform", "kubernetes"}, {"region", "eu"},
          {"site", "lab"},    {"tier", "edge"},           {"arch", "arm64"}};
}

void parse(benchmark::State& state, const char* text) {
  for (auto _ : state) benchmark::DoNotOptimize(LabelSelector::parse(text));
}

void match(benchmark::State& state, const char* text) {
  const auto selector = LabelSelector::parse(text).value();
  const auto labels = labels_of_a_host();
  if (!selector.matches(labels)) state.SkipWithError("the selector should match");
  for (auto _ : state) benchmark::DoNotOptimize(selector.matches(labels));
}

constexpr const char* kOneClause = "name=tim-pi";
constexpr const char* kFiveClauses = "site=lab,tier!=db,region in (eu,us),!gpu,arch";

BENCHMARK_CAPTURE(parse, one_clause, kOneClause);
BENCHMARK_CAPTURE(parse, five_clauses, kFiveClauses);
BENCHMARK_CAPTURE(match, one_clause, kOneClause);
BENCHMARK_CAPTURE(match, five_clauses, kFiveClauses);

}  // namespace
}  // namespace titan::model
