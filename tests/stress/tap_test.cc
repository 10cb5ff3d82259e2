// SPDX-License-Identifier: Apache-2.0
// A worker shows frames while those who look come and go.
#include "ports/tap.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <thread>
#include <vector>

namespace relaysieve::test {
namespace {

TEST(TapTest, NothingIsTornHoweverOftenSomebodyLooks) {
  constexpr unsigned kWorkers = 2;
  Taps taps(kWorkers, 1, /*ring=*/16384);
  std::atomic<bool> stop = false;
  std::vector<std::thread> workers;
  for (unsigned worker = 0; worker < kWorkers; ++worker)
    workers.emplace_back([&, worker] {
      Taps::Visitor visitor(taps, worker);
      std::vector<uint8_t> bytes(200);
      for (uint64_t number = worker; !stop.load(std::memory_order_relaxed); number += kWorkers) {
        visitor.begin();
        std::ranges::fill(bytes, static_cast<uint8_t>(number));
        visitor.see({bytes, Time(static_cast<int64_t>(number)), number, 0},
                    {.reason = Reason::first_copy, .undo = {}}, 200);
        visitor.end();
      }
    });

  uint64_t taken = 0;
  for (int round = 0; round < 500 || taken < 10'000; ++round) {
    const auto tap = taps.open({.reasons = TapFilter::bit(Reason::first_copy)});
    ASSERT_TRUE(tap);
    std::array<uint64_t, kWorkers> latest{};
    for (int i = 0; i < 100; ++i)
      for (unsigned worker = 0; worker < kWorkers; ++worker) {
        TapRecord record;
        for (std::vector<uint8_t> bytes; taps.take(*tap, worker, record, bytes); ++taken) {
          ASSERT_EQ(bytes, std::vector<uint8_t>(200, static_cast<uint8_t>(record.number)));
          ASSERT_EQ(record.number % kWorkers, worker);
          ASSERT_TRUE(latest[worker] == 0 || record.number > latest[worker]);
          latest[worker] = record.number;
        }
      }
    taps.close(*tap);
  }
  stop = true;
  for (std::thread& worker : workers) worker.join();
}

}  // namespace
}  // namespace relaysieve::test
