// SPDX-License-Identifier: Apache-2.0
#include "ports/byte_ring.h"

#include <gtest/gtest.h>

#include <atomic>
#include <numeric>
#include <thread>

namespace relaysieve::test {
namespace {

std::vector<uint8_t> string_of(size_t number) {
  std::vector<uint8_t> string(8 + number % 300);
  std::memcpy(string.data(), &number, sizeof number);
  std::iota(string.begin() + 8, string.end(), static_cast<uint8_t>(number));
  return string;
}

TEST(ByteRingTest, GivesBackWhatWasPutAndRefusesWhatFindsNoRoom) {
  ByteRing ring(4096);
  std::vector<uint8_t> taken;
  EXPECT_FALSE(ring.take(taken));
  size_t put = 0;
  for (auto string = string_of(0); ring.put(std::span(string).first(8), std::span(string).subspan(8));)
    string = string_of(++put);
  EXPECT_GT(put, 10u);
  for (size_t i = 0; i < put; ++i) {
    ASSERT_TRUE(ring.take(taken));
    EXPECT_EQ(taken, string_of(i));
  }
  EXPECT_FALSE(ring.take(taken));
}

TEST(ByteRingTest, GoesRound) {
  ByteRing ring(4096);
  std::vector<uint8_t> taken;
  for (size_t i = 0; i < 10'000; ++i) {
    ASSERT_TRUE(ring.put(string_of(i), {}));
    ASSERT_TRUE(ring.take(taken));
    ASSERT_EQ(taken, string_of(i));
  }
}

TEST(ByteRingTest, WorksAfterItsMemoryWasGivenBack) {
  ByteRing ring(4096);
  std::vector<uint8_t> taken;
  for (size_t i = 0; i < 100; ++i) {
    ring.prepare();
    ASSERT_TRUE(ring.put(string_of(i), {}));
    ASSERT_TRUE(ring.take(taken));
    EXPECT_EQ(taken, string_of(i));
    ring.give_back();
  }
}

TEST(ByteRingTest, BetweenTwoThreadsNothingIsTornOrSwapped) {
  ByteRing ring(8192);
  constexpr size_t kStrings = 200'000;
  std::atomic<size_t> refused = 0;
  std::thread producer([&] {
    for (size_t i = 0; i < kStrings; ++i) {
      const auto string = string_of(i);
      while (!ring.put(std::span(string).first(8), std::span(string).subspan(8))) {
        ++refused;
        std::this_thread::yield();
      }
    }
  });
  std::vector<uint8_t> taken;
  for (size_t i = 0; i < kStrings;) {
    if (!ring.take(taken)) {
      std::this_thread::yield();
      continue;
    }
    ASSERT_EQ(taken, string_of(i));
    ++i;
  }
  producer.join();
}

}  // namespace
}  // namespace relaysieve::test
