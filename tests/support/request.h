// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "relaysieve/request.h"

namespace relaysieve::test {

// A request as no client sent it: hashes to order. Relays differ in their routers and in what they ask for.
inline Request request_with(uint64_t who, uint64_t message, uint32_t router) {
  return {.who = who,
          .key = {.scope = 1,
                  .message = static_cast<uint32_t>(message),
                  .options = static_cast<uint32_t>(message >> 32),
                  .who = static_cast<uint16_t>(who >> 16),
                  .content = 2},
          .relay = relay_id(router, router, 0),
          .router = router,
          .type = 1};
}

}  // namespace relaysieve::test
