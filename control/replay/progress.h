// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>

namespace relaysieve {

// A line on standard error that says how far a long job is; only where standard error is a terminal, and only
// once the job has taken a while.
class Progress {
 public:
  // `total` bytes to read; 0 = unknown.
  explicit Progress(uint64_t total);
  ~Progress();  // wipes the line
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  bool due() const { return wanted_ && Clock::now() >= next_; }
  void show(uint64_t bytes, uint64_t frames);

 private:
  using Clock = std::chrono::steady_clock;

  bool wanted_;
  bool shown_ = false;
  uint64_t total_;
  Clock::time_point next_;
};

}  // namespace relaysieve
