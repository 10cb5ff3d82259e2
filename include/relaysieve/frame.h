// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "relaysieve/time.h"

namespace relaysieve {

// One frame as a door hands it in: from the destination MAC on, without the FCS. The bytes are only read,
// and only while the call that got the frame lasts.
struct Frame {
  std::span<const uint8_t> bytes;
  Time time{};          // when it came in
  uint64_t number = 0;  // the door's own count, from 1; comes back as Verdict::first_number of later copies
  uint16_t port = 0;    // ingress port: part of a relay's identity
};

}  // namespace relaysieve
