// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "status/top_screen.h"

namespace relaysieve {

// One look at a daemon. That takes `seconds`, in which its clients are listened to. What of relays and clients it does not
// tell is null.
absl::StatusOr<TopLook> look_at_daemon(const std::string& control, unsigned seconds);

// One look after another, in a thread of its own, so that a daemon that is slow to answer holds up no key. Who throws
// it away does not wait for the look that is on its way.
class TopFeed {
 public:
  TopFeed(std::string control, unsigned seconds);
  ~TopFeed();
  TopFeed(const TopFeed&) = delete;
  TopFeed& operator=(const TopFeed&) = delete;

  int descriptor() const;          // poll(2) finds it readable when there is a look
  absl::StatusOr<TopLook> take();  // the latest

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace relaysieve
