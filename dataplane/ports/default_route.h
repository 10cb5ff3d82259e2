// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace relaysieve {

// Whether this machine is reached over a network interface, as far as its main routing table tells (proc(5)). What a router
// has advertised (RFC 4861 s4.2) does not count: a port that stands between routers and a server hears that for them.
bool carries_default_route(const std::string& interface);

}  // namespace relaysieve
