// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layers.h"
#include "relaysieve/address.h"
#include "wire.h"

namespace relaysieve {

inline Address address_at(const uint8_t* p) { return Address::of(load64(p), load64(p + 8)); }

// Takes the IPv6 header and the extension headers behind it off `rest`, up to UDP's (RFC 8200 s3, s4), or says why the
// frame is not for the rule. What lies beyond the payload is Ethernet's padding.
Refusal take_ipv6(Bytes& rest, Address& source, Address& destination);

}  // namespace relaysieve
