// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "forgotten.h"
#include "relaysieve/policy.h"
#include "relaysieve/request.h"
#include "relaysieve/verdict.h"
#include "straight.h"
#include "window.h"

namespace relaysieve {

// The rule itself: which copy of which transmission passes. The window knows the clients and their transmissions of the
// last seconds; what it had to evict too early is among the forgotten.
class Memory {
 public:
  // `clients`: capacity; 91 bytes each, all in.
  Memory(size_t clients, Duration window, Pages pages)
      : window_(clients, pages), forgotten_(clients, window, pages) {}

  // To be called for each request of a burst, one after the other, before the first of them is judged.
  void prefetch(const Request& request) const { window_.prefetch(request.who); }
  void prefetch_line(const Request& request) const { window_.prefetch_line(request.who); }

  // Judges one copy and remembers it. `now` never runs backwards. Writes all of `verdict` but `action`, `request` and
  // `router`, which are the caller's.
  void observe(const Request& request, Time now, uint64_t number, const Policy& policy, Verdict& verdict) {
    const Copy copy = {request, now, number, policy};
    Bucket bucket = window_.bucket(request.who);
    const Bucket::Hold hold = window_.hold(bucket);
    if (!Straight(bucket, copy, verdict).judge()) [[unlikely]]
      judge_at_length(bucket, copy, verdict);
  }
  Verdict observe(const Request& request, Time now, uint64_t number, const Policy& policy) {
    Verdict verdict;
    observe(request, now, number, policy, verdict);
    return verdict;
  }
  void undo(const Undo& trace);

  // For any thread; they take no lock.
  void clear(Duration window);
  void retune(Duration window) { forgotten_.retune(window); }  // the policy has another window
  double false_positives(Time now) const { return forgotten_.false_positives(now); }
  size_t transmissions(Time now) const { return window_.transmissions(now, kLateHorizon); }
  size_t clients(Time now) const { return window_.clients(now, kClientHorizon); }
  size_t bytes() const { return window_.bytes() + forgotten_.bytes(); }

 private:
  [[gnu::noinline]] void judge_at_length(Bucket bucket, Copy copy, Verdict& verdict);

  Window window_;
  Forgotten forgotten_;
};

}  // namespace relaysieve
