// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <tuple>
#include <vector>

#include "fuzz/harness.h"
#include "relaysieve/policy.h"
#include "support/clients.h"
#include "support/network.h"
#include "support/translated.h"

// What the filter's harness makes of an input: the rule, who brings what, and when.
namespace relaysieve::fuzz {

using namespace std::chrono_literals;
using namespace test;
using Octets = std::span<const uint8_t>;

template <typename T, size_t N>
T one_of(const T (&list)[N], unsigned which) {
  return list[which % N];
}

// What may change while records are kept.
inline void draw_times(Input& input, Policy& policy) {
  const unsigned times = input.byte();
  policy.window = one_of<Duration>({1s, 10ms, 100ms, 5s}, times);
  policy.echo_window = one_of<Duration>({100ms, 0ms, 50ms, 199ms}, times >> 2);
  policy.turn_after = one_of<Duration>({2500ms, 0s, 300ms, 10s}, times >> 4);
}

inline Policy policy_of(Input& input) {
  Policy policy;
  draw_times(input, policy);
  const unsigned words = input.byte();
  policy.match = one_of({Match::content, Match::identity}, words);
  policy.scope = one_of({ScopeRule::subnet, ScopeRule::any, ScopeRule::exact}, words >> 1);
  policy.ignore_vlan = words & 8;
  if (words & 16)
    policy.server_groups = {{kServer.ip, kSecondServer.ip}, {as_ip6(kServer), as_ip6(kSecondServer)}};
  if (words & 32) policy.mode = Mode::monitor;
  return policy;
}

// Who brings what. Where there is room nothing must be evicted, because the oracle never forgets: of a client a bucket
// holds fourteen lines, one for each record of the last 5 s, two where more than three relays brought it. Each relay
// makes one record of a message at most.
class Network {
 public:
  Network(const Policy& policy, unsigned kind, unsigned asked) {
    const bool anycast = kind & 1, one_mac = anycast && kind & 2, far = kind & 4, rewriter = kind & 8;
    const bool links = asked & 1, vrfs = asked & 2, exact = policy.scope == ScopeRule::exact;
    const int kinds = far + rewriter + links + vrfs;  // that make a record of their own
    const uint8_t count = kinds != 0 || exact ? 3 : 4;
    for (uint8_t n = 0; n < count; ++n) {
      Router router = {"router", {2, 0, 0, 0, 0, n}, "10.30.0.2"_ip + n, "10.20.0.2"_ip + n % 2};
      if (anycast) router.ip = router.giaddr = "10.20.0.1"_ip;
      if (one_mac) router.mac = {2, 0, 0, 0, 0, 99};
      Options told;
      if (one_mac || kind & 16) told.push_back(circuit_id({&"ABCD"[n], 1}));
      if (links && n != 0)
        told.push_back(link_selection(asked & 4 && n == 1 ? "10.50.1.0"_ip : "10.50.0.0"_ip));
      if (vrfs && n != 1) told.push_back(vrf(asked & 8 && n == 2 ? "red" : "blue"));
      if (!told.empty()) router.writes = option82_at(kind & 32 ? 0 : 1, told);
      routers_.push_back(router);
    }
    if (rewriter) routers_[0].writes = rewriting({kVendorClass, {1, 2, 3}});
    if (far) routers_[2] = routers_[kind & 64 ? 0 : 1].asking_for("10.40.0.3"_ip);
    if (kind & 128) tags_ = {{5}};
    messages_ = exact ? 3 : kinds > 1 ? 4 : 6;
    made_.resize(256);
  }

  struct Brought {
    Copy copy;
    Copy6 copy6;
    Bytes bytes, bytes6;
  };

  // In both families; made once, because that takes longer than to judge it.
  const Brought& brought(uint8_t what) {
    auto& made = made_[what];
    if (!made) {
      const Copy copy = this->copy(what);
      const Copy6 copy6 = as_dhcp6(copy);
      made = {copy, copy6, copy.bytes(), copy6.bytes()};
    }
    return *made;
  }

 private:
  Copy copy(unsigned what) const {
    const size_t relay = what & 3;
    const Client client = what & 4 ? raspberry_pi() : edk2();
    const unsigned message = (what >> 3) % messages_;
    Transmission sent = message & 1 ? client.request() : client.discover();
    sent.xid += message >> 1 & 1;
    sent.secs = static_cast<uint16_t>(sent.secs + (message >> 2 & 1));
    const Server& server = what & 64 ? kSecondServer : kServer;
    return routers_[relay % routers_.size()].brings(sent).to(server).tagged(relay == 0 ? tags_
                                                                                       : std::vector<Tag>());
  }

  std::vector<Router> routers_;
  std::vector<Tag> tags_;
  unsigned messages_;
  std::vector<std::optional<Brought>> made_;
};

// Kept from one input to the next, with all copies that were made; not all of them at once.
inline Network& network_of(const Policy& policy, uint8_t kind, uint8_t asked) {
  static std::map<std::tuple<ScopeRule, uint8_t, uint8_t>, Network> networks;
  if (networks.size() > 64) networks.clear();
  asked &= 15;
  return networks.try_emplace({policy.scope, kind, asked}, policy, kind, asked).first->second;
}

// Near the latest step, or one of the rule's limits after it, a nanosecond less and more.
class Clock {
 public:
  explicit Clock(const Policy& p)
      : limits_{0s, p.echo_window, 200ms,          250ms,           p.window, p.turn_after, 1s, 4s,
                2s, kLateHorizon,  kClientHorizon, p.turn_after / 2} {}

  Time next(unsigned how) {
    if (how & 128) return now_ = std::max(now_, step_ + 100us * (how & 127));
    step_ += near(how);
    return now_ = std::max(now_, step_);
  }
  Time before(unsigned how) const { return now_ - std::max(near(how), Duration(0)); }

 private:
  Duration near(unsigned how) const {
    return limits_[(how >> 2) % limits_.size()] + Duration(static_cast<int>(how & 3) - 1);
  }

  const std::array<Duration, 12> limits_;
  Time step_ = 1000s, now_ = 1000s;
};

}  // namespace relaysieve::fuzz
