// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "status/top_screen.h"

namespace relaysieve {

// The whole terminal that this program runs on, as long as one lives: then it is as it was before. Only one at a time.
class Terminal {
 public:
  static absl::StatusOr<std::unique_ptr<Terminal>> take();
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  TopSize size() const;
  void adopt_size();  // after SIGWINCH
  void show(const std::vector<TopLine>& lines);
  void draw_anew();  // all of it, at the next show: somebody has drawn over it
  int key();         // that has been pressed; -1 = none

 private:
  Terminal() = default;
};

}  // namespace relaysieve
