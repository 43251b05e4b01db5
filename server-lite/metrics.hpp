#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace titan::server_lite {

// The labels of one series, in the order in which they are shown.
using MetricLabels = std::vector<std::pair<std::string, std::string>>;

// Only grows. Safe to share between threads; adding costs one atomic operation.
class Counter {
 public:
  void add(std::uint64_t count = 1) { value_.fetch_add(count, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_ = 0;
};

// How many durations were how long. Safe to share between threads.
class Histogram {
 public:
  // `bounds`: the upper end of each bucket, in rising order; longer ones are only counted.
  explicit Histogram(std::span<const std::chrono::microseconds> bounds);
  void observe(std::chrono::microseconds duration);

  // What it holds, as the text format shows it.
  struct Reading {
    std::vector<std::uint64_t> up_to = {};  // by bound: this long at most
    std::uint64_t count = 0;
    std::chrono::microseconds sum{};
  };
  [[nodiscard]] Reading read() const;
  [[nodiscard]] std::span<const std::chrono::microseconds> bounds() const { return bounds_; }

 private:
  const std::vector<std::chrono::microseconds> bounds_;
  std::vector<std::atomic<std::uint64_t>> buckets_;  // one more than bounds
  std::atomic<std::uint64_t> sum_us_ = 0;
};

// The numbers that a program shows to Prometheus, by family (a name, a help text and a type) and
// series (labels). What counts keeps its Counter or Histogram; what is a state is asked for when
// somebody looks. A family has at most kMetricSeriesMax series: further ones share one whose labels
// are all "other", so that no client can fill the memory with names that it invents.
// Safe to share between threads. Counters and histograms live as long as this.
class Metrics {
 public:
  // The series of these labels, made when it is new. Take it once and keep it: this locks.
  // REQUIRES: all series of a family have one type and the same label names.
  Counter& counter(const std::string& name, const std::string& help,
                   const MetricLabels& labels = {});
  Histogram& histogram(const std::string& name, const std::string& help,
                       std::span<const std::chrono::microseconds> bounds,
                       const MetricLabels& labels = {});

  // One value of a family that is asked for.
  struct Sample {
    MetricLabels labels = {};
    double value = 0;
  };
  // Of those that are asked for.
  enum class Type { gauge, counter };
  struct Family {
    std::string name = {};
    std::string help = {};
    Type type = Type::gauge;
    std::vector<Sample> samples = {};
  };
  // Asked at each text(), from the thread that calls it; gives the same families each time. What it
  // borrows must live as long as this, or nobody may call text() any more.
  using Source = std::function<std::vector<Family>()>;
  void add_source(Source source);

  // All of it in the text format of Prometheus, version 0.0.4; families by name.
  [[nodiscard]] std::string text() const;

 private:
  struct Series {
    std::unique_ptr<Counter> counter = {};  // one of the two
    std::unique_ptr<Histogram> histogram = {};
  };
  struct Counted {
    std::string help = {};
    std::map<MetricLabels, Series> series = {};
  };
  Series& series_of(const std::string& name, const std::string& help, MetricLabels labels);
  static std::string text_of(const std::string& name, const Counted& family);

  mutable std::mutex mutex_;  // guards the rest
  std::map<std::string, Counted> counted_;
  std::vector<Source> sources_;
};

}  // namespace titan::server_lite
