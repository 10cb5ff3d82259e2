// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "keyed_hash.h"
#include "layouts.h"
#include "relaysieve/frame.h"
#include "relaysieve/message.h"
#include "relaysieve/message6.h"
#include "relaysieve/policy.h"
#include "relaysieve/request.h"

namespace relaysieve {

// Turns frames into what the memory compares: keyed hashes of what the client wrote, which server and which scope it
// is for, and who brought it (keyed_hash.h; the key is drawn at start, so that nobody outside can aim at a collision or
// at a bucket). Holds a scratch buffer: one Fingerprint per thread.
class Fingerprint {
 public:
  enum class Cpu : uint8_t { any, best };  // both make the same requests

  explicit Fingerprint(uint64_t seed,
                       Cpu cpu = Cpu::best);  // 0 = a random key; else a reproducible one, for tests

  // Why a frame is forwarded without a request.
  struct Passed {
    Reason reason;
    Family family;
  };

  // At most 64 frames: their requests, or why they are forwarded without one. Bit i of what is returned: frame i has a
  // request.
  uint64_t read(std::span<const Frame> frames, const Policy& policy, Request* requests, Passed* passed);
  Request of(const Message& message, uint16_t port, const Policy& policy);
  Request of(const Message6& message, uint16_t port, const Policy& policy);

 private:
  bool read4(const Frame& frame, const Policy& policy, Request& request, Reason& why);
  bool read6(const Frame& frame, const Policy& policy, Request& request, Reason& why);

  HashKeys keys_;
  bool aes_ = false;
  Layouts layouts_;
  std::vector<uint8_t> scratch_;  // options that do not lie in one piece
};

}  // namespace relaysieve
