// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sched.h>

#include <atomic>

namespace relaysieve {

// The atomic step of a bucket: held for one decision, some tens of nanoseconds, by a thread that neither
// sleeps nor calls the system meanwhile. A waiter that outlasts that by far shares its core with the holder,
// and makes way.
class SpinLock {
 public:
#ifndef RELAYSIEVE_RACY  // the stress test shows that it sees what happens without
  void lock() {
    if (held_.exchange(true, std::memory_order_acquire)) [[unlikely]]
      wait();
  }
  void unlock() { held_.store(false, std::memory_order_release); }
#else
  void lock() {}
  void unlock() {}
#endif

 private:
  static constexpr int kPatience = 1000;

  [[gnu::cold, gnu::noinline]] void wait() {
    int spins = 0;
    do {
      while (held_.load(std::memory_order_relaxed)) {
        __builtin_ia32_pause();
        if (++spins > kPatience) spins = 0, sched_yield();
      }
    } while (held_.exchange(true, std::memory_order_acquire));
  }

  std::atomic<bool> held_{false};
};

}  // namespace relaysieve
