// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <poll.h>

#include <span>
#include <vector>

#include "counter.h"
#include "ports/cable.h"

namespace relaysieve {

// How a worker without frames waits for some: in the kernel if all queues can be waited for, else a moment; not at all
// if a queue must be asked without a pause, or the worker is to poll.
class Rest {
 public:
  Rest(std::span<const Wire> wires, bool polls);

  void take(Counter& wakeups);

 private:
  bool rests_;
  std::vector<pollfd> descriptors_;  // empty: there is a queue that has to be asked
};

}  // namespace relaysieve
