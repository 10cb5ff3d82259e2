// SPDX-License-Identifier: Apache-2.0
#include "groups.h"

#include <algorithm>

namespace relaysieve {
namespace {

template <typename Groups, typename Holds>
std::optional<uint32_t> number_of(const Groups& groups, Holds holds) {
  for (size_t i = 0; i < groups.size(); ++i)
    if (std::ranges::any_of(groups[i], holds)) return static_cast<uint32_t>(i);
  return std::nullopt;
}

bool held(const Address& ip, const Networks& networks) {
  return std::ranges::any_of(networks, [&](const Network& n) { return n.contains(ip); });
}

}  // namespace

std::optional<uint32_t> server_group(const Address& server, const Policy& policy) {
  return number_of(policy.server_groups, [&](const Address& member) { return member == server; });
}

std::optional<uint32_t> relay_group(const Address& relay, const Policy& policy) {
  return number_of(policy.relay_groups, [&](const Network& n) { return n.contains(relay); });
}

bool trusted(const Address& source, const Address& asked, const Networks& relays) {
  return relays.empty() || (held(source, relays) && (asked.unspecified() || held(asked, relays)));
}

}  // namespace relaysieve
