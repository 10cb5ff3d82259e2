// SPDX-License-Identifier: Apache-2.0
// A stream of copies with their times: the filter and the oracle say the same of each, also after one was undone. Three
// bytes of an input make the rule and the network, three more each copy.
#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "fuzz/harness.h"
#include "relaysieve/filter.h"
#include "support/clients.h"
#include "support/network.h"
#include "support/oracle.h"
#include "support/translated.h"

namespace relaysieve::fuzz {
namespace {

using namespace std::chrono_literals;
using namespace test;

template <typename T, size_t N>
T one_of(const T (&list)[N], unsigned which) {
  return list[which % N];
}

Policy policy_of(Input& input) {
  const unsigned times = input.byte(), words = input.byte();
  Policy policy;
  policy.window = one_of<Duration>({1s, 10ms, 100ms, 5s}, times);
  policy.echo_window = one_of<Duration>({100ms, 0ms, 50ms, 199ms}, times >> 2);
  policy.turn_after = one_of<Duration>({2500ms, 0s, 300ms, 10s}, times >> 4);
  policy.match = one_of({Match::content, Match::identity}, words);
  policy.scope = one_of({ScopeRule::subnet, ScopeRule::any, ScopeRule::exact}, words >> 1);
  policy.ignore_vlan = words & 8;
  if (words & 16)
    policy.server_groups = {{kServer.ip, kSecondServer.ip}, {as_ip6(kServer), as_ip6(kSecondServer)}};
  if (words & 32) policy.mode = Mode::monitor;
  return policy;
}

// Who brings what. Nothing must be evicted, because the oracle never forgets: of a client a bucket holds fourteen lines,
// one for each record of the last 5 s, two where more than three relays brought it.
class Network {
 public:
  Network(const Policy& policy, unsigned kind) {
    const bool anycast = kind & 1, one_mac = anycast && kind & 2, far = kind & 4, rewriter = kind & 8;
    const bool two_records = far || rewriter || policy.scope == ScopeRule::exact;
    const uint8_t count = two_records ? 3 : 4;
    for (uint8_t n = 0; n < count; ++n) {
      Router router = {"router", {2, 0, 0, 0, 0, n}, "10.30.0.2"_ip + n, "10.20.0.2"_ip + n % 2};
      if (anycast) router.ip = router.giaddr = "10.20.0.1"_ip;
      if (one_mac) router.mac = {2, 0, 0, 0, 0, 99};
      if (one_mac || kind & 16) router.writes = option82_at(kind & 32 ? 0 : 1, {circuit_id({&"ABCD"[n], 1})});
      routers_.push_back(router);
    }
    if (rewriter) routers_[0].writes = rewriting({kVendorClass, {1, 2, 3}});
    if (far) routers_[2] = routers_[kind & 64 ? 0 : 1].asking_for("10.40.0.3"_ip);
    if (kind & 128) tags_ = {{5}};
    messages_ = policy.scope == ScopeRule::exact ? 3 : 6;
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

// Kept from one input to the next, with all copies that were made.
Network& network_of(const Policy& policy, uint8_t kind) {
  static std::map<std::pair<ScopeRule, uint8_t>, Network> networks;
  return networks.try_emplace({policy.scope, kind}, policy, kind).first->second;
}

// Near the latest step, or one of the rule's limits after it, a nanosecond less and more.
class Clock {
 public:
  explicit Clock(const Policy& p)
      : limits_{0s, p.echo_window, 200ms,          250ms,           p.window, p.turn_after, 1s, 4s,
                2s, kLateHorizon,  kClientHorizon, p.turn_after / 2} {}

  Time next(unsigned how) {
    if (how & 128) return now_ = std::max(now_, step_ + 100us * (how & 127));
    step_ += limits_[(how >> 2) % limits_.size()] + Duration(static_cast<int>(how & 3) - 1);
    return now_ = std::max(now_, step_);
  }

 private:
  const std::array<Duration, 12> limits_;
  Time step_ = 1000s, now_ = 1000s;
};

// The planted bug: a retransmission that was refused is not undone.
bool is_undone(const Verdict& verdict) { return !kPlanted || verdict.reason != Reason::retransmission; }

}  // namespace
}  // namespace relaysieve::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace relaysieve;
  using fuzz::must;
  fuzz::Input input(data, size);
  const bool v6 = size > 1 && data[1] & 64;  // of the rule's words
  const Policy policy = fuzz::policy_of(input);
  fuzz::Network& network = fuzz::network_of(policy, input.byte());
  fuzz::Clock clock(policy);
  test::Oracle oracle(policy);
  Filter filter(std::make_shared<const Policy>(policy), {.clients = 4096, .seed = 1});
  uint64_t judged = 0, forwarded = 0, dropped = 0;
  while (input.left() >= 3) {
    const fuzz::Network::Brought& brought = network.brought(input.byte());
    const Time time = clock.next(input.byte());
    const bool refused = input.byte() % 8 == 7;
    const Verdict verdict =
        filter.judge({v6 ? brought.bytes6 : brought.bytes, time, ++judged, brought.copy.relay.port});
    const Reason expected = v6 ? oracle.judge(time, brought.copy6) : oracle.judge(time, brought.copy);
    must(!verdict.evicted && !verdict.recalled, "there is room for all");
    must(verdict.reason == (policy.mode == Mode::monitor ? as_monitored(expected) : expected), "one reason");
    must(verdict.action == action_of(verdict.reason), "an action goes with its reason");
    ++(verdict.dropped() ? dropped : forwarded);
    if (!refused || info(expected).action == Action::drop) continue;
    if (fuzz::is_undone(verdict)) filter.undo(verdict);
    oracle.undo();
  }
  must(judged == forwarded + dropped, "the sums agree");
  return 0;
}
