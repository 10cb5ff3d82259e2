// SPDX-License-Identifier: Apache-2.0
// Two copies of one request on two cores in the same instant: exactly one passes.
#include <gtest/gtest.h>
#include <x86intrin.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

#include "memory.h"

namespace relaysieve {
namespace {

constexpr Policy kPolicy{};

// Everybody waits for everybody; the spinning keeps the threads within some tens of nanoseconds of each other.
class SpinBarrier {
 public:
  explicit SpinBarrier(unsigned threads) : threads_(threads) {}
  void wait() {
    const unsigned round = round_.load();
    if (arrived_.fetch_add(1) + 1 == threads_) {
      arrived_.store(0);
      round_.store(round + 1);
      return;
    }
    for (unsigned spins = 0; round_.load() == round; ++spins)
      if (spins % 4096 == 4095) std::this_thread::yield();
  }

 private:
  const unsigned threads_;
  std::atomic<unsigned> arrived_{0}, round_{0};
};

// A round's request as this thread's relay brings it.
Request request_of(uint64_t round, uint32_t relay) {
  const uint64_t key = round * 0x9e3779b97f4a7c15u | 1;
  return {.client = key ^ 0x5555,
          .message = key,
          .scope = 1,
          .options = 2,
          .content = 2,
          .relay = {.router = relay, .asked = relay, .circuit = 0},
          .type = 1};
}

struct Call {
  uint64_t begin, end;
  bool forwarded;
};

TEST(AtomicStep, OfTheCopiesThatArriveAtOnceExactlyOnePasses) {
  const unsigned threads = std::max(2u, std::min(4u, std::thread::hardware_concurrency()));
  const char* asked = std::getenv("RELAYSIEVE_ROUNDS");
  const uint64_t rounds = asked ? std::strtoull(asked, nullptr, 10) : 10'000'000;

  Memory memory(8192, kPolicy.window,
                Pages::lazy);  // a window holds 1,000 rounds: nothing is evicted before its time
  SpinBarrier barrier(threads);
  std::vector<Call> calls(threads * 64);  // a cache line and more apart
  uint64_t overlapped = 0, doubled = 0, lost = 0;
  // On a machine that is busy with other things the threads seldom run at once: then fewer rounds must do.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(2);
  uint64_t last_round = rounds;

  const auto run = [&](unsigned self) {
    Call& mine = calls[self * 64];
    for (uint64_t round = 1; round <= last_round; ++round) {
      const Request request = request_of(round, self + 1);
      const Time now = std::chrono::milliseconds(round);
      barrier.wait();
      mine.begin = __rdtsc();
      const Decision decision = memory.observe(request, now, round, kPolicy);
      mine.end = __rdtsc();
      mine.forwarded = info(decision.reason).action == Action::forward;
      if (self == 0 && round % 4096 == 0 && std::chrono::steady_clock::now() > deadline) last_round = round;
      barrier.wait();
      if (self != 0) continue;
      uint64_t latest_begin = 0, earliest_end = ~uint64_t{0};
      unsigned forwards = 0;
      for (unsigned t = 0; t < threads; ++t) {
        const Call& call = calls[t * 64];
        latest_begin = std::max(latest_begin, call.begin);
        earliest_end = std::min(earliest_end, call.end);
        forwards += call.forwarded;
      }
      overlapped += latest_begin < earliest_end;
      doubled += forwards > 1;
      lost += forwards == 0;
    }
  };
  std::vector<std::jthread> others;
  for (unsigned t = 1; t < threads; ++t) others.emplace_back(run, t);
  run(0);
  others.clear();

  const double share = static_cast<double>(overlapped) / static_cast<double>(last_round);
  std::printf("%u threads, %lu rounds, %.1f %% overlapped, %lu doubled, %lu lost\n", threads, last_round,
              100 * share, doubled, lost);
  EXPECT_GT(share, 0.10);
  EXPECT_EQ(doubled, 0u);
  EXPECT_EQ(lost, 0u);
}

}  // namespace
}  // namespace relaysieve
