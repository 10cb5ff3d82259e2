// SPDX-License-Identifier: Apache-2.0
// What it costs that all cores share one table: the atomic step of a bucket, alone and when two threads meet in it;
// beside the other way, handing each request to the core that owns its client. Built with and without the step.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#include "memory.h"

namespace relaysieve::bench {
namespace {

constexpr Policy kPolicy{};
constexpr uint64_t kRequests = 1024;  // a table that stays in the cache: the step is the larger part

Request request_of(uint64_t n, uint32_t relay) {
  const uint64_t key = (n % kRequests + 1) * 0x9e3779b97f4a7c15u;
  return {.who = key,
          .key = {.scope = 1, .message = static_cast<uint32_t>(key), .who = static_cast<uint16_t>(key >> 16)},
          .relay = relay_id(relay, relay, 0),
          .router = relay,
          .type = 1};
}

Memory& table() {
  static Memory memory(4 * kRequests, kPolicy.window, Pages::resident);
  return memory;
}

// Copies are judged, nearly all of them dropped: one step a decision. Each thread has requests of its own, or all
// have the same.
void judge(benchmark::State& state) {
  const bool same = state.range(0);
  const auto thread = static_cast<uint64_t>(state.thread_index());
  uint64_t n = same ? 0 : thread * kRequests / 2;
  for (auto _ : state) {
    const uint64_t at = same ? n : thread * kRequests / 2 + n % (kRequests / 2);
    benchmark::DoNotOptimize(
        table().observe(request_of(at, static_cast<uint32_t>(thread) + 1), {}, ++n, kPolicy));
  }
  state.SetItemsProcessed(state.iterations());
}

// One request goes to another thread and its verdict comes back, both through a cache line; neither thread sleeps.
// The least of all round trips, so that a busy machine does not show.
void hand_over(benchmark::State& state) {
  struct alignas(128) Slot {
    std::atomic<uint64_t> turn{0};
    Request request;
  } there, back;
  std::jthread owner([&](const std::stop_token& stop) {
    for (uint64_t n = 1; !stop.stop_requested();) {
      if (there.turn.load(std::memory_order_acquire) != n) continue;
      benchmark::DoNotOptimize(table().observe(there.request, {}, n, kPolicy));
      back.turn.store(n++, std::memory_order_release);
    }
  });
  uint64_t n = 0, least = ~uint64_t{0};
  for (auto _ : state) {
    const auto begin = std::chrono::steady_clock::now();
    there.request = request_of(n, 1);
    there.turn.store(++n, std::memory_order_release);
    while (back.turn.load(std::memory_order_acquire) != n) {
    }
    const std::chrono::nanoseconds took = std::chrono::steady_clock::now() - begin;
    least = std::min(least, static_cast<uint64_t>(took.count()));
  }
  state.counters["least_ns"] = static_cast<double>(least);
}

BENCHMARK(judge)->ArgName("same")->Arg(0)->Threads(1)->UseRealTime();
BENCHMARK(judge)->ArgName("same")->Arg(0)->Arg(1)->Threads(2)->UseRealTime();
BENCHMARK(hand_over)->UseRealTime();

}  // namespace
}  // namespace relaysieve::bench

BENCHMARK_MAIN();
