// SPDX-License-Identifier: Apache-2.0
#include "metrics/scrape.h"

#include <prometheus/text_serializer.h>

#include <algorithm>

#include "clock.h"

namespace relaysieve {
void Scrape::begin(const char* name, std::string help, Type type) {
  families_.push_back({std::string("relaysieve_") + name, std::move(help), type, {}});
}

void Scrape::add(double value, Labels labels) {
  prometheus::ClientMetric metric;
  metric.label = std::move(labels);
  (families_.back().type == Type::Counter ? metric.counter.value : metric.gauge.value) = value;
  families_.back().metric.push_back(std::move(metric));
}

void Scrape::histogram(const char* name, std::string help, const Histogram& values,
                       std::span<const Duration> limits) {
  begin(name, std::move(help), Type::Histogram);
  prometheus::ClientMetric metric;
  uint64_t below = 0;
  for (const Duration limit : limits) {
    below = values.count_to(limit);
    metric.histogram.bucket.push_back({.cumulative_count = below, .upper_bound = in_seconds(limit)});
  }
  // The buckets may have been read a moment before the count, or after it.
  metric.histogram.sample_count = std::max(values.count(), below);
  metric.histogram.sample_sum = in_seconds(values.sum());
  families_.back().metric.push_back(std::move(metric));
}

std::string Scrape::text() const { return prometheus::TextSerializer().Serialize(families_); }

}  // namespace relaysieve
