// SPDX-License-Identifier: Apache-2.0
#include "histogram.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace relaysieve {
namespace {

using namespace std::chrono_literals;

TEST(Histogram, EmptyIsZero) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0u);
  EXPECT_EQ(histogram.min(), 0ns);
  EXPECT_EQ(histogram.max(), 0ns);
  EXPECT_EQ(histogram.quantile(0.5), 0ns);
}

TEST(Histogram, OneValueIsExact) {
  Histogram histogram;
  histogram.add(2'150'777ns);
  for (const double part : {0.0, 0.5, 0.99, 1.0}) EXPECT_EQ(histogram.quantile(part), 2'150'777ns);
}

TEST(Histogram, SmallValuesAreExact) {
  Histogram histogram;
  for (int i = 0; i < 64; ++i) histogram.add(Duration(i));
  for (int i = 0; i < 64; ++i) EXPECT_EQ(histogram.quantile((i + 1) / 64.0), Duration(i));
}

TEST(Histogram, NegativeCountsAsZeroAndTheHugeAreKept) {
  Histogram histogram;
  histogram.add(-5ns);
  histogram.add(1h);
  EXPECT_EQ(histogram.min(), 0ns);
  EXPECT_EQ(histogram.max(), 1h);
  EXPECT_EQ(histogram.count(), 2u);
  EXPECT_GE(histogram.quantile(1.0), 68s);
}

// Against the exact quantiles of values spread over nine powers of ten.
TEST(Histogram, AQuantileIsAtMostOnePartIn64Off) {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> exponent(0, std::log(60e9));
  Histogram histogram;
  std::vector<Duration> values;
  for (int i = 0; i < 20'000; ++i) {
    values.emplace_back(static_cast<int64_t>(std::exp(exponent(random))));
    histogram.add(values.back());
  }
  std::ranges::sort(values);
  for (int percent = 1; percent <= 100; ++percent) {
    const auto exact = values[values.size() * percent / 100 - 1];
    const auto found = histogram.quantile(percent / 100.0);
    EXPECT_LE(std::abs((found - exact).count()), exact.count() / 64 + 1) << percent << " percent";
  }
  EXPECT_EQ(histogram.min(), values.front());
  EXPECT_EQ(histogram.max(), values.back());
}

}  // namespace
}  // namespace relaysieve
