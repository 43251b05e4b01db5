#include "server-lite/metrics.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "server-lite/limits.hpp"

namespace titan::server_lite {
namespace {

// The format has three characters that a label's value cannot hold as they are.
std::string escape(const std::string& text, bool quotes) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\n') {
      escaped += "\\n";
    } else if (c == '\\' || (quotes && c == '"')) {
      escaped += '\\';
      escaped += c;
    } else {
      escaped += c;
    }
  }
  return escaped;
}

std::string number_text(double value) {
  std::array<char, 32> buffer{};
  const int length = std::snprintf(buffer.data(), buffer.size(), "%.15g", value);
  return {buffer.data(), static_cast<std::size_t>(length)};
}

std::string seconds_text(std::chrono::microseconds duration) {
  return number_text(std::chrono::duration<double>(duration).count());
}

std::string line(const std::string& name, const MetricLabels& labels, const std::string& value) {
  std::string text = name;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    text += i == 0 ? "{" : ",";
    text += labels[i].first + "=\"" + escape(labels[i].second, true) + "\"";
  }
  return text + (labels.empty() ? " " : "} ") + value + "\n";
}

std::string head(const std::string& name, const std::string& help, const char* type) {
  return "# HELP " + name + " " + escape(help, false) + "\n# TYPE " + name + " " + type + "\n";
}

std::string text_of(const std::string& name, const MetricLabels& labels,
                    const Histogram& histogram) {
  const Histogram::Reading reading = histogram.read();
  MetricLabels bucket = labels;
  bucket.emplace_back("le", "");
  std::string text;
  for (std::size_t i = 0; i < reading.up_to.size(); ++i) {
    bucket.back().second = seconds_text(histogram.bounds()[i]);
    text += line(name + "_bucket", bucket, std::to_string(reading.up_to[i]));
  }
  bucket.back().second = "+Inf";
  return text + line(name + "_bucket", bucket, std::to_string(reading.count)) +
         line(name + "_sum", labels, seconds_text(reading.sum)) +
         line(name + "_count", labels, std::to_string(reading.count));
}

std::string text_of(const Metrics::Family& family) {
  const bool counts = family.type == Metrics::Type::counter;
  std::string text = head(family.name, family.help, counts ? "counter" : "gauge");
  for (const Metrics::Sample& sample : family.samples) {
    text += line(family.name, sample.labels, number_text(sample.value));
  }
  return text;
}

}  // namespace

Histogram::Histogram(std::span<const std::chrono::microseconds> bounds)
    : bounds_(bounds.begin(), bounds.end()), buckets_(bounds.size() + 1) {}

void Histogram::observe(std::chrono::microseconds duration) {
  duration = std::max(duration, std::chrono::microseconds(0));
  const auto bound = std::lower_bound(bounds_.begin(), bounds_.end(), duration);
  const auto place = static_cast<std::size_t>(bound - bounds_.begin());
  buckets_[place].fetch_add(1, std::memory_order_relaxed);
  sum_us_.fetch_add(static_cast<std::uint64_t>(duration.count()), std::memory_order_relaxed);
}

// The count is the sum of the buckets that were read, so that they always agree.
Histogram::Reading Histogram::read() const {
  Reading reading;
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    reading.count += buckets_[i].load(std::memory_order_relaxed);
    if (i < bounds_.size()) reading.up_to.push_back(reading.count);
  }
  reading.sum = std::chrono::microseconds(sum_us_.load(std::memory_order_relaxed));
  return reading;
}

Metrics::Series& Metrics::series_of(const std::string& name, const std::string& help,
                                    MetricLabels labels) {
  Counted& family = counted_[name];
  family.help = help;
  if (family.series.size() + 1 >= kMetricSeriesMax && !family.series.contains(labels)) {
    for (auto& [label, value] : labels) value = "other";
  }
  return family.series[std::move(labels)];
}

Counter& Metrics::counter(const std::string& name, const std::string& help,
                          const MetricLabels& labels) {
  const std::lock_guard lock(mutex_);
  Series& series = series_of(name, help, labels);
  if (!series.counter) series.counter = std::make_unique<Counter>();
  return *series.counter;
}

Histogram& Metrics::histogram(const std::string& name, const std::string& help,
                              std::span<const std::chrono::microseconds> bounds,
                              const MetricLabels& labels) {
  const std::lock_guard lock(mutex_);
  Series& series = series_of(name, help, labels);
  if (!series.histogram) series.histogram = std::make_unique<Histogram>(bounds);
  return *series.histogram;
}

void Metrics::add_source(Source source) {
  const std::lock_guard lock(mutex_);
  sources_.push_back(std::move(source));
}

std::string Metrics::text_of(const std::string& name, const Counted& family) {
  const bool is_histogram = family.series.begin()->second.histogram != nullptr;
  std::string text = head(name, family.help, is_histogram ? "histogram" : "counter");
  for (const auto& [labels, series] : family.series) {
    text += is_histogram ? server_lite::text_of(name, labels, *series.histogram)
                         : line(name, labels, std::to_string(series.counter->value()));
  }
  return text;
}

std::string Metrics::text() const {
  std::map<std::string, std::string> texts;  // by family
  std::vector<Source> sources;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [name, family] : counted_) texts[name] = text_of(name, family);
    sources = sources_;
  }
  // Not under the lock: a source takes locks of its own.
  for (const Source& source : sources) {
    for (const Family& family : source()) texts[family.name] = server_lite::text_of(family);
  }
  std::string all;
  for (const auto& [name, text] : texts) all += text;
  return all;
}

}  // namespace titan::server_lite
