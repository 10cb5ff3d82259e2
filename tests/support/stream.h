// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "relaysieve/policy.h"
#include "support/clients.h"
#include "support/network.h"
#include "support/reading.h"
#include "support/translated.h"

namespace relaysieve::test {

using namespace std::chrono_literals;

struct Event {
  Time time;
  std::shared_ptr<const Copy> copy;
  std::shared_ptr<const Copy6> copy6 = {};  // instead, where the client asks by DHCPv6
  bool refused = false;                     // by the transmit side, should it be forwarded
  bool new_policy = false;                  // before it, the rule's times and mode change

  Bytes bytes() const { return copy6 ? copy6->bytes() : copy->bytes(); }
  Reading reading(const Policy& policy) const { return copy6 ? read(*copy6, policy) : read(*copy, policy); }
};

// Makes up a network and its rule, and lets clients ask. Gaps and lags are drawn from the rule's own limits,
// a nanosecond less and more, as often as from anywhere.
class Stream {
 public:
  explicit Stream(uint64_t seed) : random_(seed) {
    draw_times();
    policy_.match = pick({Match::content, Match::identity});
    policy_.scope = pick({ScopeRule::subnet, ScopeRule::subnet, ScopeRule::any, ScopeRule::exact});
    policy_.ignore_vlan = one_in(4);
    if (one_in(3))
      policy_.server_groups = {{kServer.ip, kSecondServer.ip}, {as_ip6(kServer), as_ip6(kSecondServer)}};
    limits_ = {0s, policy_.echo_window, 200ms,         250ms, policy_.window, policy_.turn_after,
               4s, kLateHorizon,        kClientHorizon};
    make_relays();
  }

  const Policy& policy() const { return policy_; }
  // What may change under a client's records without making a stranger of it.
  const Policy& next_policy() {
    draw_times();
    policy_.mode = one_in(3) ? Mode::monitor : Mode::enforce;
    return policy_;
  }

  std::vector<Event> events(size_t count, uint8_t clients = 3) {
    std::vector<Event> events;
    Clients boards = {edk2(), grub().with_hlen(0), raspberry_pi()};
    for (uint8_t n = 3; n < clients; ++n) boards.push_back(edk2().called({2, 0x54, 0, 0x20, 1, n}));
    for (Time start = 1000s; events.size() < count; start += 500s) {
      for (const Client& client : boards) ask(client, start, events);
    }
    std::ranges::stable_sort(events, {}, &Event::time);
    for (Event& event : events) {
      if (one_in(50)) event.time -= near(50ms);  // the clock runs backwards
      event.refused = one_in(30);
      event.new_policy = one_in(500);
    }
    return events;
  }

 private:
  using Clients = std::vector<Client>;

  void draw_times() {
    policy_.window = pick<Duration>({10ms, 100ms, 1s, 1s, 1s, 5s});
    policy_.echo_window = pick<Duration>({0ms, 50ms, 100ms, 100ms, 199ms});
    policy_.turn_after = pick<Duration>({0s, 300ms, 2500ms, 2500ms, 10s});
  }

  // Two to four relays: addresses of their own or one anycast address, with and without option 82; one of them
  // may be smart, stand in another scope, or rewrite options.
  void make_relays() {
    enum {
      plain,
      smart_near,
      smart_far,
      elsewhere,
      rewriter
    } kind = pick({plain, smart_near, smart_far, elsewhere, rewriter});
    const bool anycast = one_in(3), one_mac = anycast && one_in(2), exact = policy_.scope == ScopeRule::exact;
    // Nothing must be evicted, and of a client a bucket holds fourteen lines: one for each record of the last 5 s, two
    // where more than three relays brought it. With up to six messages there may be two lines for each: relays that
    // make two records of a message are three at most.
    const bool two_records = kind == smart_far || kind == elsewhere || kind == rewriter;
    const uint8_t count = static_cast<uint8_t>(2 + below(two_records ? 2 : 3));
    for (uint8_t n = 0; n < count; ++n) {
      const uint8_t host = exact ? n % 2 : n;
      Router router = {std::string(1, static_cast<char>('A' + n)),
                       {2, 0, 0, 0, 0, n},
                       "10.30.0.2"_ip + n,
                       "10.20.0.2"_ip + host};
      if (anycast) router.ip = router.giaddr = "10.20.0.1"_ip;
      if (one_mac) router.mac = {2, 0, 0, 0, 0, 99};
      if (one_mac || one_in(3)) router.writes = option82_at(below(2), {circuit_id(router.name)});
      relays_.push_back(router);
    }
    if (kind == rewriter) relays_[0].writes = rewriting({kVendorClass, {1, 2, 3}});
    if (kind == elsewhere) relays_[1].giaddr = "10.40.0.3"_ip;
    if (kind == smart_near) relays_.push_back(relays_[0].asking_for("10.20.0.200"_ip));
    if (kind == smart_far) relays_.push_back(relays_[0].asking_for("10.20.1.2"_ip));
    vlans_.resize(relays_.size());
    if (one_in(4)) vlans_[0] = {{5}};
    forms_ = exact || kind != plain || count > 3 ? 1 : 2;
  }

  // A client asks up to twelve times: again, or for something else; each relay brings it, late or never.
  void ask(const Client& client, Time time, std::vector<Event>& events) {
    Transmission sent = client.discover();
    const bool v6 = one_in(3);
    uint8_t form = 0;
    size_t changes = policy_.scope == ScopeRule::exact ? 1 : 4;  // of the message, besides those of its type
    for (size_t tries = 1 + below(12); tries > 0; --tries) {
      const Server server = one_in(5) ? kSecondServer : kServer;
      for (size_t r = 0; r < relays_.size(); ++r) {
        const auto copy = std::make_shared<const Copy>(
            relays_[r].brings(sent.with({varied_, {form}})).to(server).tagged(vlans_[r]));
        const auto copy6 = v6 ? std::make_shared<const Copy6>(as_dhcp6(*copy)) : nullptr;
        for (size_t count = one_in(6) ? 0 : one_in(6) ? 2 : 1; count > 0; --count)
          events.push_back({time + (one_in(8) ? gap() : near(5ms)), copy, copy6});
      }
      time += gap();
      if (one_in(10) || changes == 0) {
        sent = sent.type() == kDiscover && changes > 0 ? client.request() : client.discover();
      } else if (one_in(3)) {
        if (one_in(3))
          sent.xid += 1;
        else
          sent.secs = static_cast<uint16_t>(sent.secs + 1);
        --changes;
      }
      if (one_in(10)) form = static_cast<uint8_t>(below(forms_));
    }
  }

  Duration gap() {
    const Duration limit = limits_[below(limits_.size())];
    if (one_in(3)) return near(2 * limit + 1ms);
    return std::max(Duration(0), limit + Duration(static_cast<int64_t>(below(3)) - 1));
  }
  Duration near(Duration limit) {
    return Duration(static_cast<int64_t>(below(static_cast<size_t>(limit.count()))));
  }
  size_t below(size_t limit) { return std::uniform_int_distribution<size_t>(0, limit - 1)(random_); }
  bool one_in(size_t n) { return below(n) == 0; }
  template <class T>
  T pick(std::initializer_list<T> list) {
    return list.begin()[below(list.size())];
  }

  std::mt19937_64 random_;
  Policy policy_;
  std::vector<Duration> limits_;
  std::vector<Router> relays_;
  std::vector<std::vector<Tag>> vlans_;
  size_t forms_ = 1;                                         // of the options, for one message
  uint8_t varied_ = pick<uint8_t>({kClientId, kUserClass});  // the option that they differ in
};

}  // namespace relaysieve::test
