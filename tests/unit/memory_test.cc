// SPDX-License-Identifier: Apache-2.0
// How much the memory holds, how wide its keys are, and where its counts wrap.
#include "memory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <random>
#include <vector>

#include "relaysieve/filter.h"
#include "support/request.h"

namespace relaysieve::test {
namespace {

using namespace std::chrono_literals;

constexpr Policy kPolicy{};

Request request_of(uint64_t key, uint32_t router) {
  return request_with((key + 1) * 0x9e3779b97f4a7c15, (key + 1) * 0xbf58476d1ce4e5b9, router);
}

bool passes(Memory& memory, const Request& request, Time now) {
  return info(memory.observe(request, now, 0, kPolicy).reason).action == Action::forward;
}

TEST(MemoryKey, IsComparedInAllItsBits) {
  for (unsigned bit = 0; bit < 96; ++bit) {
    Memory memory(64, kPolicy.window, Pages::lazy);
    Request other = request_of(7, 2);
    ASSERT_TRUE(passes(memory, request_of(7, 1), 0s));
    (bit < 32 ? other.key.message : bit < 64 ? other.key.options : other.key.scope) ^= 1u << bit % 32;
    EXPECT_TRUE(passes(memory, other, 1ms)) << "bit " << bit;
    EXPECT_FALSE(passes(memory, request_of(7, 2), 2ms));
  }
}

TEST(MemoryCapacity, IsWhatWasAskedFor) {  // as many requests at once; few evict, none is forgotten
  constexpr size_t kClients = Filter::Options().clients;
  Memory memory(kClients, kPolicy.window, Pages::lazy);
  size_t evicted = 0, passed = 0, dropped = 0;
  for (size_t key = 0; key < kClients; ++key) {
    const Verdict decision = memory.observe(request_of(key, 1), 0s, key, kPolicy);
    evicted += decision.evicted;
    passed += decision.reason == Reason::first_copy;
  }
  for (size_t key = 0; key < kClients; ++key) dropped += !passes(memory, request_of(key, 2), 5ms);
  EXPECT_LT(evicted, kClients / 40);
  EXPECT_GT(passed, kClients - 10);
  EXPECT_EQ(dropped, kClients);
}

size_t resident_bytes() {
  size_t total = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident * 4096;
}

TEST(MemoryCapacity, SixteenMiCanBeAskedForAndTakeWhatTheyUse) {
  constexpr size_t kMost = 16 << 20, kAsking = 5'000;
  const size_t before = resident_bytes();
  Memory memory(kMost, kPolicy.window, Pages::lazy);
  uint32_t furthest = 0;
  for (size_t key = 0; key < kAsking; ++key) {
    const Verdict decision = memory.observe(request_of(key, 1), 0s, key, kPolicy);
    ASSERT_EQ(decision.reason, Reason::first_copy);
    furthest = std::max(furthest, decision.undo.record);
  }
  for (size_t key = 0; key < kAsking; ++key) ASSERT_FALSE(passes(memory, request_of(key, 2), 5ms));
  EXPECT_GT(furthest, buckets_for(kMost) * kWays * 99 / 100) << "all of it is in use";
  EXPECT_LT(resident_bytes() - before, size_t{200} << 20);
}

TEST(MemoryCounts, WhatItHolds) {
  Memory memory(1000, kPolicy.window, Pages::lazy);
  EXPECT_EQ(memory.transmissions(0s), 0u);
  EXPECT_EQ(memory.clients(0s), 0u);
  for (size_t key = 0; key < 100; ++key) memory.observe(request_of(key, 1), 0s, key, kPolicy);
  for (size_t key = 0; key < 100; ++key) memory.observe(request_of(key, 2), 5ms, key, kPolicy);
  EXPECT_EQ(memory.transmissions(5ms), 100u) << "a second copy is no transmission";
  EXPECT_EQ(memory.clients(5ms), 100u);
  EXPECT_EQ(memory.transmissions(5s), 100u);
  EXPECT_EQ(memory.transmissions(5s + 1ns), 0u);
  EXPECT_EQ(memory.clients(70s), 100u);
  EXPECT_EQ(memory.clients(70s + 1ns), 0u);

  const Verdict refused = memory.observe(request_of(200, 1), 100s, 1, kPolicy);
  EXPECT_EQ(memory.transmissions(100s), 1u);
  memory.undo(refused.undo);
  EXPECT_EQ(memory.transmissions(100s), 0u);
  EXPECT_EQ(memory.clients(100s), 0u);
  memory.observe(request_of(201, 1), 100s, 1, kPolicy);
  memory.clear(kPolicy.window);
  EXPECT_EQ(memory.transmissions(100s), 0u);
  EXPECT_EQ(memory.clients(100s), 0u);
}

TEST(MemoryCounts, WhatALargeOneHoldsBySample) {
  constexpr size_t kClients = 4 << 20, kAsking = 100'000;
  Memory memory(kClients, kPolicy.window, Pages::lazy);
  for (size_t key = 0; key < kAsking; ++key) memory.observe(request_of(key, 1), 0s, key, kPolicy);
  EXPECT_NEAR(static_cast<double>(memory.transmissions(1s)), kAsking, kAsking / 20);
  EXPECT_NEAR(static_cast<double>(memory.clients(1s)), kAsking, kAsking / 20);
}

TEST(MemoryCounts, OfTransmissionsMayWrap) {  // 32 bits, from the clock and the client's hash
  for (uint64_t low = 0xfffffff0; low <= 0x100000004; ++low) {
    Memory memory(64, kPolicy.window, Pages::lazy);
    Request through_a = request_of(7, 1), through_b = request_of(7, 2);
    through_a.who = through_b.who = uint64_t{5} << 32 | (low & 0xffffffff);
    const auto both = [&](Time now) {
      const bool a = passes(memory, through_a, now), b = passes(memory, through_b, now + 5ms);
      return std::pair(a, b);
    };
    EXPECT_EQ(both(0s), std::pair(true, false));
    EXPECT_EQ(both(1500ms), std::pair(true, false));
    EXPECT_EQ(both(4s), std::pair(false, true)) << "B's turn";
    EXPECT_EQ(both(8s), std::pair(true, false)) << "both have had theirs";
    EXPECT_EQ(both(16s), std::pair(false, true));
    const Verdict refused = memory.observe(through_a, 32s, 0, kPolicy);
    memory.undo(refused.undo);
    EXPECT_TRUE(passes(memory, through_a, 32s + 1ms)) << "nobody has brought it";
  }
}

TEST(MemoryCounts, OfRelaysEndAtEightAndEachTransmissionPassesOnce) {
  Memory memory(64, kPolicy.window, Pages::lazy);
  for (uint32_t n = 0; n < 40; ++n) {  // routers come and go; the client asks on
    const Time now = n * 4s;
    EXPECT_TRUE(passes(memory, request_of(7, 2 * n + 1), now)) << n;
    EXPECT_FALSE(passes(memory, request_of(7, 2 * n + 2), now + 5ms)) << n;
  }
}

// The fourth to eighth relay stand in a second line, which has to make room before a client's first.
TEST(MemoryRelays, BeyondTheThirdMayBeForgottenAlone) {
  Memory memory(11, kPolicy.window, Pages::lazy);  // one bucket
  for (uint32_t router = 1; router <= 5; ++router)
    EXPECT_EQ(passes(memory, request_of(7, router), 0s), router == 1) << router;
  EXPECT_TRUE(passes(memory, request_of(7, 5), 2s));  // its next transmission: the fifth brings it first
  EXPECT_EQ(memory.observe(request_of(7, 4), 2s, 1, kPolicy).first_router, 5u);
  for (uint64_t key = 100; key < 113; ++key) EXPECT_TRUE(passes(memory, request_of(key, 1), 3500ms)) << key;
  const Verdict late = memory.observe(request_of(7, 6), 3600ms, 1, kPolicy);
  EXPECT_EQ(late.reason, Reason::late_copy);
  EXPECT_EQ(late.first_router, 0u) << "its name has gone with the second line";
  EXPECT_FALSE(passes(memory, request_of(7, 1), 3600ms));
  EXPECT_FALSE(passes(memory, request_of(7, 5), 3600ms));
}

// A burst has one time, and a small table evicts within it: the undoing of a record that has gone must not
// touch the one in its place.
TEST(MemoryUndo, OfWhatWasEvictedLeavesItsSuccessorAlone) {
  Memory memory(4, kPolicy.window, Pages::lazy);  // one bucket
  std::vector<Undo> traces;
  for (uint64_t key = 0; key < 32; ++key)
    traces.push_back(memory.observe(request_of(key, 1), 0s, key, kPolicy).undo);
  for (size_t key = 0; key < 25; ++key) memory.undo(traces[key]);
  for (uint64_t key = 25; key < 32; ++key) EXPECT_FALSE(passes(memory, request_of(key, 2), 5ms)) << key;
}

}  // namespace
}  // namespace relaysieve::test
