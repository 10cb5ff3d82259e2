// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sched.h>
#include <x86intrin.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <thread>
#include <vector>

// Threads that do the same thing at once, round by round.
namespace relaysieve {

inline unsigned processors() { return std::max(2u, std::thread::hardware_concurrency()); }

// A processor of its own for each thread: two threads on one would take turns, and never meet.
inline void settle(unsigned thread) {
  cpu_set_t allowed, own;
  sched_getaffinity(0, sizeof allowed, &allowed);
  CPU_ZERO(&own);
  unsigned skip = thread % static_cast<unsigned>(CPU_COUNT(&allowed));
  for (unsigned cpu = 0; cpu < CPU_SETSIZE; ++cpu)
    if (CPU_ISSET(cpu, &allowed) && skip-- == 0) CPU_SET(cpu, &own);
  sched_setaffinity(0, sizeof own, &own);
}

// How many rounds: fewer under ThreadSanitizer, which makes each some twenty times as long; or as many as
// RELAYSIEVE_ROUNDS says.
inline uint64_t rounds_of(uint64_t rounds) {
  if (const char* asked = std::getenv("RELAYSIEVE_ROUNDS")) return std::strtoull(asked, nullptr, 10);
#ifdef __SANITIZE_THREAD__
  return rounds / 50;
#else
  return rounds;
#endif
}

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

// What one thread did in a round, and when. A cache line and more apart.
struct alignas(128) Call {
  uint64_t begin = 0, end = 0;
  bool forwarded = false;
  bool refused = false;
};

inline bool overlapped(const std::vector<Call>& calls) {
  const uint64_t latest_begin = std::ranges::max(calls, {}, &Call::begin).begin;
  const uint64_t earliest_end = std::ranges::min(calls, {}, &Call::end).end;
  return latest_begin < earliest_end;
}

// Runs act(thread, round, call) on all threads at once, then check(round, calls) on one while the others wait; round
// after round, from 1. On a machine that is busy with other things the threads seldom run at once: after four
// minutes fewer rounds must do. Returns how many there were.
template <typename Act, typename Check>
uint64_t in_rounds(unsigned threads, uint64_t rounds, Act act, Check check) {
  SpinBarrier barrier(threads);
  std::vector<Call> calls(threads);
  uint64_t last = rounds;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(4);
  const auto run = [&](unsigned self) {
    settle(self);
    for (uint64_t round = 1; round <= last; ++round) {
      barrier.wait();
      calls[self].begin = __rdtsc();
      act(self, round, calls[self]);
      calls[self].end = __rdtsc();
      if (self == 0 && round % 4096 == 0 && std::chrono::steady_clock::now() > deadline) last = round;
      barrier.wait();
      if (self == 0) check(round, calls);
    }
  };
  {
    std::vector<std::jthread> crew;
    for (unsigned t = 0; t < threads; ++t) crew.emplace_back(run, t);
  }
  return last;
}

}  // namespace relaysieve
