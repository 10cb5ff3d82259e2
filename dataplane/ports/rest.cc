// SPDX-License-Identifier: Apache-2.0
#include "ports/rest.h"

#include <rte_pause.h>

#include <chrono>
#include <thread>

namespace relaysieve {
namespace {

constexpr int kLongest = 100;  // ms; how late a worker may notice that it is to stop, or a new policy
constexpr auto kMoment = std::chrono::microseconds(100);

}  // namespace

Rest::Rest(std::span<const Wire> wires, bool polls) : rests_(!polls) {
  bool all = true;
  const auto look_at = [&](const Queue& queue) {
    rests_ = rests_ && !queue.spins();
    all = all && queue.descriptor() >= 0;
    descriptors_.push_back({queue.descriptor(), POLLIN, 0});
  };
  for (const Wire& wire : wires) {
    for (const Cable& cable : wire.routers) look_at(*cable.queue);
    look_at(*wire.server.queue);
  }
  if (!all) descriptors_.clear();
}

void Rest::take(Counter& wakeups) {
  if (!rests_) return rte_pause();
  if (descriptors_.empty()) {
    std::this_thread::sleep_for(kMoment);
  } else {
    poll(descriptors_.data(), descriptors_.size(), kLongest);
  }
  wakeups.add(1);
}

}  // namespace relaysieve
