// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "relaysieve/policy.h"

// What the settings say of addresses. It is rare, so it stands outside of the loop over a burst.
namespace relaysieve {

// Which group holds it: it has a number instead of its address.
[[gnu::cold]] std::optional<uint32_t> server_group(const Address& server, const Policy& policy);
[[gnu::cold]] std::optional<uint32_t> relay_group(const Address& relay, const Policy& policy);

// `asked`: giaddr or link-address; :: where there is none, and only the source counts.
[[gnu::cold]] bool trusted(const Address& source, const Address& asked, const Networks& relays);

}  // namespace relaysieve
