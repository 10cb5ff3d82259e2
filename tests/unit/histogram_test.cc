// SPDX-License-Identifier: Apache-2.0
#include "histogram.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
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
  EXPECT_EQ(histogram.sum(), 0ns);
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
  EXPECT_EQ(histogram.sum(), std::accumulate(values.begin(), values.end(), Duration()));
}

TEST(Histogram, TwoTogetherAreOneThatGotBoth) {
  Histogram one, other, both;
  for (int i = 1; i <= 100; ++i) {
    (i % 3 == 0 ? one : other).add(i * 1ms);
    both.add(i * 1ms);
  }
  one.add(other);
  one.add(Histogram());
  EXPECT_EQ(one.count(), both.count());
  EXPECT_EQ(one.min(), 1ms);
  EXPECT_EQ(one.max(), 100ms);
  EXPECT_EQ(one.sum(), 5050ms);
  EXPECT_EQ(one.quantile(0.5), both.quantile(0.5));
}

TEST(Histogram, CountsUpToALimit) {
  Histogram histogram;
  for (int i = 1; i <= 1000; ++i) histogram.add(i * 1us);
  EXPECT_EQ(histogram.count_to(0us), 0u);
  EXPECT_EQ(histogram.count_to(-1us), 0u);
  EXPECT_NEAR(static_cast<double>(histogram.count_to(500us)), 500, 500 / 32);
  EXPECT_LE(histogram.count_to(500us), 500u) << "never more than there are";
  EXPECT_EQ(histogram.count_to(2ms), 1000u);
  EXPECT_EQ(histogram.count_to(1h), 1000u);
}

TEST(Histogram, ShowsItsBuckets) {
  Histogram histogram;
  for (const auto value : {5ns, 5ns, 1000ns, 1001ns}) histogram.add(value);
  std::vector<std::pair<Duration, uint64_t>> seen;
  histogram.each([&](Duration end, uint64_t count) { seen.emplace_back(end, count); });
  EXPECT_EQ(seen, (std::vector<std::pair<Duration, uint64_t>>{{5ns, 2}, {1007ns, 2}}));
}

}  // namespace
}  // namespace relaysieve
