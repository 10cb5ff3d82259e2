// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "relaysieve/policy.h"
#include "support/network6.h"

namespace relaysieve::test {

// The same copy in the other family: the same client asks the same relays for the same thing, by DHCPv6. What is equal,
// different, near or far (a /24, and a /64) in one family is so in the other; option 82 becomes an interface-id. A client
// that has no hardware address has no DUID either.
Copy6 as_dhcp6(const Copy& copy);
Address as_ip6(const Server& server);
Address as_link6(Ip giaddr);
Network as_network6(const Network& of_giaddrs);

}  // namespace relaysieve::test
