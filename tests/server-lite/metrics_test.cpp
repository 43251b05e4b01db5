#include "server-lite/metrics.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "server-lite/limits.hpp"

namespace titan::server_lite {
namespace {

using std::chrono::microseconds;

constexpr std::array kBounds = {microseconds(100), microseconds(2'500), microseconds(1'000'000)};

TEST(Metrics, ShowsEachFamilyByNameWithItsSeries) {
  Metrics metrics;
  metrics.counter("b_total", "How many b.", {{"code", "200"}}).add(3);
  metrics.counter("b_total", "How many b.", {{"code", "404"}}).add();
  metrics.add_source([] {
    return std::vector<Metrics::Family>{
        {.name = "a", .help = "What a is.", .samples = {{{}, 0.25}}},
        {.name = "c_total", .help = "C.", .type = Metrics::Type::counter, .samples = {{{}, 7}}}};
  });
  EXPECT_EQ(metrics.text(),
            "# HELP a What a is.\n# TYPE a gauge\na 0.25\n"
            "# HELP b_total How many b.\n# TYPE b_total counter\n"
            "b_total{code=\"200\"} 3\nb_total{code=\"404\"} 1\n"
            "# HELP c_total C.\n# TYPE c_total counter\nc_total 7\n");
}

TEST(Metrics, ShowsAHistogramInSecondsWithEachBucketHoldingTheOnesBefore) {
  Metrics metrics;
  Histogram& histogram = metrics.histogram("d_seconds", "How long.", kBounds, {{"route", "/"}});
  for (const int us : {0, 100, 101, 2'500, 2'000'000}) histogram.observe(microseconds(us));
  EXPECT_EQ(metrics.text(),
            "# HELP d_seconds How long.\n# TYPE d_seconds histogram\n"
            "d_seconds_bucket{route=\"/\",le=\"0.0001\"} 2\n"
            "d_seconds_bucket{route=\"/\",le=\"0.0025\"} 4\n"
            "d_seconds_bucket{route=\"/\",le=\"1\"} 4\n"
            "d_seconds_bucket{route=\"/\",le=\"+Inf\"} 5\n"
            "d_seconds_sum{route=\"/\"} 2.002701\n"
            "d_seconds_count{route=\"/\"} 5\n");
}

TEST(Metrics, EscapesWhatTheFormatCannotHold) {
  Metrics metrics;
  metrics.counter("e_total", "One\\two\nthree \"four\".", {{"path", "a\"b\\c\nd"}});
  EXPECT_EQ(metrics.text(),
            "# HELP e_total One\\\\two\\nthree \"four\".\n# TYPE e_total counter\n"
            "e_total{path=\"a\\\"b\\\\c\\nd\"} 0\n");
}

TEST(Metrics, GivesTheSameSeriesForTheSameLabels) {
  Metrics metrics;
  EXPECT_EQ(&metrics.counter("f_total", "F.", {{"a", "1"}}),
            &metrics.counter("f_total", "F.", {{"a", "1"}}));
  EXPECT_NE(&metrics.counter("f_total", "F.", {{"a", "1"}}),
            &metrics.counter("f_total", "F.", {{"a", "2"}}));
}

TEST(Metrics, PutsWhatIsOverTheLimitIntoOneSeries) {
  Metrics metrics;
  for (std::size_t i = 0; i < kMetricSeriesMax + 50; ++i) {
    metrics.counter("g_total", "G.", {{"name", std::to_string(i)}}).add();
  }
  const std::string text = metrics.text();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2 + int(kMetricSeriesMax));
  EXPECT_NE(text.find("g_total{name=\"other\"} 51\n"), std::string::npos);
}

TEST(Metrics, CountsFromSeveralThreads) {
  Metrics metrics;
  const auto work = [&] {
    for (int i = 0; i < 1000; ++i) {
      metrics.counter("h_total", "H.").add();
      metrics.histogram("i_seconds", "I.", kBounds).observe(microseconds(i));
    }
  };
  std::thread one(work);
  std::thread two(work);
  for (int i = 0; i < 20; ++i) {
    const std::string text = metrics.text();
    EXPECT_TRUE(text.empty() || text.ends_with("\n")) << text;
  }
  one.join();
  two.join();
  EXPECT_EQ(metrics.counter("h_total", "H.").value(), 2000U);
  EXPECT_EQ(metrics.histogram("i_seconds", "I.", kBounds).read().count, 2000U);
}

}  // namespace
}  // namespace titan::server_lite
