// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "lookout/sight.h"
#include "ports/tap.h"

namespace relaysieve {

// Who looks at frames: `trace`, `capture`, `top`. Called by the lookout's thread only.
class Viewer {
 public:
  virtual ~Viewer() = default;
  virtual void see(const Sight& sight) = 0;  // in order of time
  // Some 50 times a second. `lost`: so far, by port. False: that is enough.
  virtual bool go_on(Time now, const std::vector<uint64_t>& lost) = 0;
  // The last call. `cut`: because the daemon ends.
  virtual void end(const std::vector<uint64_t>& lost, bool cut) = 0;
};

// Carries what the workers show to who looks at it: a thread that sleeps while nobody does. It takes the workers'
// records some 50 times a second, and brings those of several workers in order.
class Lookout {
 public:
  explicit Lookout(Taps& taps);
  ~Lookout();

  // Any thread's. Unavailable: as many look as may.
  absl::Status show(const TapFilter& filter, std::unique_ptr<Viewer> viewer);
  // Ends all of them, and there are no more.
  void stop();

 private:
  struct View;

  void run();
  bool look(View& view);
  void close(View& view, bool cut);

  Taps& taps_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::unique_ptr<View>> new_;
  bool stop_ = false;
  std::thread thread_;  // from the first view on
};

}  // namespace relaysieve
