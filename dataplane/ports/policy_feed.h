// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

#include "relaysieve/policy.h"

namespace relaysieve {

// The policy in force, on its way from whoever changes it to the workers. A worker looks at the edition between
// two bursts (one relaxed load of a line that nobody writes), and takes the policy only when it is a new one.
class PolicyFeed {
 public:
  explicit PolicyFeed(std::shared_ptr<const Policy> policy) : policy_(std::move(policy)) {}

  void publish(std::shared_ptr<const Policy> policy) {
    const std::lock_guard hold(mutex_);
    policy_.swap(policy);
    before_.swap(policy);  // what this held is freed after the lock
    edition_.fetch_add(1, std::memory_order_release);
  }

  uint64_t edition() const { return edition_.load(std::memory_order_relaxed); }
  std::shared_ptr<const Policy> policy() const {
    const std::lock_guard hold(mutex_);
    return policy_;
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Policy> policy_;
  std::shared_ptr<const Policy> before_;  // kept, so that no worker is the one to free it
  std::atomic<uint64_t> edition_ = 0;
};

}  // namespace relaysieve
