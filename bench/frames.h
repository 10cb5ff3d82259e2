// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "relaysieve/frame.h"

namespace relaysieve::bench {

inline constexpr size_t kBurst = 32;
inline constexpr size_t kMaxRelays = 4;

// What a benchmark is asked for: how many clients ask, and through how many relays each of their requests comes.
struct Mix {
  size_t clients = 0;
  size_t relays = 2;  // 1, 2, 4: 0 %, 50 %, 75 % of the frames are copies

  double copies() const { return 1.0 - 1.0 / static_cast<double>(relays); }
};

// One copy in the stream: whose request, through which relay.
struct Copy {
  uint32_t client;
  uint32_t relay;
};

// The order of copies: the clients come in an order without locality, each once a pass, and each further relay
// brings its copy some frames behind the one before. A pass takes 1.2 windows of the stream's clock, so that in the
// next pass every client's request is a first copy again.
class Schedule {
 public:
  explicit Schedule(Mix mix);
  Copy next();
  Time now() const { return now_; }

 private:
  Mix mix_;
  size_t lag_;         // frames of one relay between two relays' copies
  uint64_t turn_ = 0;  // counts transmissions
  uint32_t relay_ = 0;
  Time now_ = std::chrono::seconds(1000), step_;
};

// Frames for copies: a DISCOVER of a real capture as each relay sent it, with chaddr and xid of the client written in.
class FrameMaker {
 public:
  explicit FrameMaker(const std::string& capture);  // throws std::runtime_error

  // Writes the client into the next of a few buffers of that relay: warm memory.
  Frame warm(Copy copy, Time now);
  // A copy's whole frame, appended: for benchmarks over more memory than the caches hold.
  void append(Copy copy, std::vector<uint8_t>& memory) const;
  size_t size() const { return templates_[0].size(); }

 private:
  static constexpr size_t kBuffers = kBurst;
  void address(uint8_t* frame, uint32_t client) const;

  size_t bootp_ = 0;  // where the BOOTP message begins in a frame
  std::array<std::vector<uint8_t>, kMaxRelays> templates_;
  std::array<std::array<std::vector<uint8_t>, kBuffers>, kMaxRelays> buffers_;
  std::array<size_t, kMaxRelays> used_{};
};

std::string golden_capture();  // the capture that the frames come from

}  // namespace relaysieve::bench
