// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <prometheus/metric_family.h>

#include <span>
#include <string>
#include <vector>

#include "histogram.h"

namespace relaysieve {

using Labels = std::vector<prometheus::ClientMetric::Label>;

// The families of one scrape, as they are written down. Every name gets the prefix relaysieve_.
class Scrape {
 public:
  // Begins a metric; what is added until the next one begins is this one's.
  void counter(const char* name, std::string help) { begin(name, std::move(help), Type::Counter); }
  void gauge(const char* name, std::string help) { begin(name, std::move(help), Type::Gauge); }
  void add(double value, Labels labels = {});
  void add(uint64_t value, Labels labels = {}) { add(static_cast<double>(value), std::move(labels)); }

  // A metric of its own, in seconds; `limits` are the buckets', ascending.
  void histogram(const char* name, std::string help, const Histogram& values,
                 std::span<const Duration> limits);

  std::string text() const;

 private:
  using Type = prometheus::MetricType;
  void begin(const char* name, std::string help, Type type);

  std::vector<prometheus::MetricFamily> families_;
};

}  // namespace relaysieve
