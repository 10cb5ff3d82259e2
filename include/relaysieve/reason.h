// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "relaysieve/family.h"

// The one list of reasons. The enum, the counters, the JSON, the metrics' help and the manual come from it:
// X(name, action, sentence). `name` is the stable word users see.
#define RELAYSIEVE_REASONS(X)                                                                              \
  /* drops: the server has, or will get, this transmission from another relay */                           \
  X(second_copy, drop, "another relay already brought this transmission")                                  \
  X(echo, drop, "the same relay repeated this copy within the echo window")                                \
  X(turn_passed, drop, "held back so that another relay gets its turn")                                    \
  X(second_copy_rewritten, drop, "a second copy whose options a router changed (match = identity)")        \
  /* a drop that is not the rule's */                                                                      \
  X(looped, drop, "has come round: two of the routers' ports lead to one network")                         \
  /* the rule's four in monitor mode, where everything is forwarded */                                     \
  X(would_drop_second_copy, forward, "monitor mode: would be dropped as second_copy")                      \
  X(would_drop_echo, forward, "monitor mode: would be dropped as echo")                                    \
  X(would_drop_turn_passed, forward, "monitor mode: would be dropped as turn_passed")                      \
  X(would_drop_second_copy_rewritten, forward, "monitor mode: would be dropped as second_copy_rewritten")  \
  /* requests that are forwarded */                                                                        \
  X(first_copy, forward, "the first copy of a client's transmission")                                      \
  X(retransmission, forward, "the client sent the same request again")                                     \
  X(late_copy, forward, "a copy that came after the window, within 5 s: the window falls short")           \
  X(rewritten, forward, "the same request from another relay, with other options: a router rewrites them") \
  X(other_subnet_same_relay, forward, "one router asks for another of its subnets (smart relay)")          \
  X(twin_other_scope, forward, "the same request in another scope: two clients, or a wrong scope setting") \
  X(evicted_retry, forward, "a repeated request whose record had to be evicted")                           \
  X(over_capacity, forward, "the memory had no room to judge this copy")                                   \
  X(untrusted_relay, forward, "the source address, or giaddr or link-address, is not in trusted_relays")   \
  /* frames the rule does not look at */                                                                   \
  X(direct, forward, "a request no relay sent to a server: giaddr is 0, no RELAY-FORW, or to a group")     \
  X(reply, forward, "a BOOTREPLY, or what a DHCPv6 server says")                                           \
  X(leasequery, forward, "a LEASEQUERY (RFC 4388, RFC 5007): it is about another host")                    \
  X(prefix_delegation, forward, "asks for a prefix (IA_PD): relays learn routes from the replies")         \
  X(not_dhcp, forward, "not UDP to port 67, or 547 over IPv6, under at most two VLAN tags")                \
  X(fragment, forward, "an IP fragment")                                                                   \
  X(malformed_ip, forward, "an IP header that contradicts itself or the frame's length")                   \
  X(malformed_udp, forward, "a UDP length that contradicts the IP length")                                 \
  X(malformed_bootp, forward, "shorter than a BOOTP header, hlen above 16, or op neither 1 nor 2")         \
  X(malformed_options, forward, "an option runs over the end of the message")                              \
  X(malformed_dhcp6, forward, "a DHCPv6 relay's message without exactly one client's message in it")       \
  X(nested_too_deep, forward, "more than 8 DHCPv6 relays, one behind the other (HOP_COUNT_LIMIT)")         \
  X(server_side, forward, "came in on the server's side: never looked at")                                 \
  X(bypassed, forward, "bypass mode: never looked at")

namespace relaysieve {

enum class Action : uint8_t { forward, drop };

enum class Reason : uint8_t {
#define X(name, action, sentence) name,
  RELAYSIEVE_REASONS(X)
#undef X
};

struct ReasonInfo {
  std::string_view name;
  Action action;
  std::string_view sentence;
};

inline constexpr std::array kReasons = {
#define X(name, action, sentence) ReasonInfo{#name, Action::action, sentence},
    RELAYSIEVE_REASONS(X)
#undef X
};

inline constexpr size_t kReasonCount = kReasons.size();

constexpr const ReasonInfo& info(Reason reason) { return kReasons[static_cast<size_t>(reason)]; }

// The drops stand first in the list.
constexpr Action action_of(Reason reason) {
  return reason <= Reason::looped ? Action::drop : Action::forward;
}
static_assert([] {
  for (size_t i = 0; i < kReasonCount; ++i)
    if (action_of(static_cast<Reason>(i)) != kReasons[i].action) return false;
  return true;
}());

namespace detail {
inline constexpr std::array kBothFamilies = {Family::v4, Family::v6};
inline constexpr std::array kNoFamily = {Family::none};
}  // namespace detail

// Which families frames of this reason have (Verdict::family): none where it is not known that they are DHCP.
constexpr std::span<const Family> families_of(Reason reason) {
  switch (reason) {
    case Reason::looped:
    case Reason::not_dhcp:
    case Reason::server_side:
    case Reason::bypassed:
      return detail::kNoFamily;
    case Reason::malformed_bootp:
      return std::span(detail::kBothFamilies).first(1);
    case Reason::prefix_delegation:
    case Reason::malformed_dhcp6:
    case Reason::nested_too_deep:
      return std::span(detail::kBothFamilies).last(1);
    default:
      return detail::kBothFamilies;
  }
}
constexpr bool has_family(Reason reason) { return families_of(reason)[0] != Family::none; }

// Whether the rule has judged a relayed request.
constexpr bool is_of_request(Reason reason) {
  return reason < Reason::untrusted_relay && reason != Reason::looped;
}

// What a drop is called where everything is forwarded; any other reason is itself.
constexpr Reason as_monitored(Reason reason) {
  switch (reason) {
    case Reason::second_copy:
      return Reason::would_drop_second_copy;
    case Reason::echo:
      return Reason::would_drop_echo;
    case Reason::turn_passed:
      return Reason::would_drop_turn_passed;
    case Reason::second_copy_rewritten:
      return Reason::would_drop_second_copy_rewritten;
    default:
      return reason;
  }
}

}  // namespace relaysieve
