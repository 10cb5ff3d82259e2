// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "relaysieve/policy.h"
#include "support/clients.h"
#include "support/network.h"
#include "support/reading.h"
#include "support/translated.h"

namespace relaysieve::test {

using namespace std::chrono_literals;

class Dice {
 public:
  explicit Dice(uint64_t seed) : random_(seed) {}

  size_t below(size_t limit) { return std::uniform_int_distribution<size_t>(0, limit - 1)(random_); }
  bool one_in(size_t n) { return below(n) == 0; }
  Duration near(Duration limit) {
    return Duration(static_cast<int64_t>(below(static_cast<size_t>(limit.count()))));
  }
  template <class T>
  T pick(std::initializer_list<T> list) {
    return list.begin()[below(list.size())];
  }

 private:
  std::mt19937_64 random_;
};

// How copies come: through a router on a VLAN, and of DHCPv6 through other relays before it.
struct Path {
  Router router;
  std::vector<Tag> tags = {};
  std::vector<Router6> through = {};

  Copy brings(const Transmission& sent) const { return router.brings(sent).tagged(tags); }
  Copy6 brings6(const Copy& copy) const { return as_dhcp6(copy).but(&Copy6::through, through); }
};

// A network made up, and a rule for it.
class RandomNetwork {
 public:
  explicit RandomNetwork(Dice& dice) : dice_(dice) {
    draw_times();
    draw_scopes();
    make_routers();
    make_surroundings();
    draw_trust();
  }

  // What may change under a client's records without making a stranger of it.
  void draw_times() {
    policy.window = dice_.pick<Duration>({10ms, 100ms, 1s, 1s, 1s, 5s});
    policy.echo_window = dice_.pick<Duration>({0ms, 50ms, 100ms, 100ms, 199ms});
    policy.turn_after = dice_.pick<Duration>({0s, 300ms, 2500ms, 2500ms, 10s});
  }

  // A bucket holds fourteen lines, and of a client one for each record of the last 5 s, two where more than three
  // relays brought it, and in each scope how the client stands, which outlives a record that is undone. As many records at once
  // leave room for all.
  size_t most_records() const { return paths.size() > 3 ? 5 : 10; }

  Policy policy;
  std::vector<Path> paths;

 private:
  void draw_scopes() {
    policy.match = dice_.pick({Match::content, Match::identity});
    policy.scope = dice_.pick({ScopeRule::subnet, ScopeRule::subnet, ScopeRule::any, ScopeRule::exact});
    policy.subnet_bits = dice_.pick<uint8_t>({24, 24, 24, 16, 28, 32, 0});
    policy.subnet6_bits = dice_.pick<uint8_t>({64, 64, 64, 56, 124, 128, 0});
    policy.ignore_vlan = dice_.one_in(4);
    policy.dedup_prefix_delegation = dice_.one_in(2);
    if (dice_.one_in(3))
      policy.server_groups = {{kServer.ip, kSecondServer.ip}, {as_ip6(kServer), as_ip6(kSecondServer)}};
    const Network alone("10.20.0.2"_ip), beside("10.20.1.0"_ip, 24), far("10.40.0.0"_ip, 16),
        all("10.20.0.0"_ip, 14);
    std::vector<Networks> groups = dice_.pick<std::vector<Networks>>(
        {{}, {}, {}, {}, {{alone}}, {{beside, far}, {all}}, {{all}, {far}}, {{far, all}}});
    for (Networks& group : groups)
      for (size_t n = group.size(); n-- > 0;) group.push_back(as_network6(group[n]));
    policy.relay_groups = groups;
  }

  // Two to four routers: addresses of their own, one anycast address, or loopbacks that select the link.
  void make_routers() {
    enum Kind { plain, smart_near, smart_far, smart_link, elsewhere, vrf_apart, rewriter, two_ports };
    const Kind kind = dice_.pick(
        {plain, plain, smart_near, smart_far, smart_link, elsewhere, vrf_apart, rewriter, two_ports});
    const bool anycast = dice_.one_in(3), one_mac = anycast && dice_.one_in(2);
    const bool loopback = kind == smart_link || dice_.one_in(4), one_vrf = dice_.one_in(6);
    const bool narrow = policy.scope == ScopeRule::exact || dice_.one_in(4);
    const size_t count = 2 + dice_.below(3);
    for (uint8_t n = 0; n < count; ++n) {
      const Ip inside = "10.20.0.2"_ip + (narrow ? n % 2u : n);
      Router router = {.name = std::string(1, static_cast<char>('A' + n)),
                       .mac = {2, 0, 0, 0, 0, n},
                       .ip = "10.30.0.2"_ip + n,
                       .giaddr = loopback ? "10.21.0.2"_ip + n : inside,
                       .port = static_cast<uint16_t>(dice_.one_in(4))};
      if (anycast) router.ip = router.giaddr = "10.20.0.1"_ip;
      if (one_mac) router.mac = {2, 0, 0, 0, 0, 99};
      if (dice_.one_in(4)) router.source_port = 68;
      Options said;
      if (one_mac || dice_.one_in(3)) said.push_back(circuit_id(router.name));
      if (dice_.one_in(8)) said.push_back({5, {10, 20}});  // no address
      if (loopback) said.push_back(link_selection(inside));
      if (one_vrf || (kind == vrf_apart && n == 0)) said.push_back(vrf("red"));
      if (kind == elsewhere && n == 1) router.giaddr = "10.40.0.3"_ip;
      if (kind == rewriter && n == 0)
        router.writes = rewriting({kVendorClass, {1, 2, 3}});
      else if (!said.empty())
        router.writes = writing(said);
      paths.push_back({router});
    }
    const Router& first = paths[0].router;
    if (kind == smart_near) add(first.asking_for("10.20.0.200"_ip));
    if (kind == smart_far) add(first.asking_for("10.20.1.2"_ip));
    if (kind == smart_link) add(first.writing(writing({link_selection("10.20.1.2"_ip)})));
    if (kind == two_ports) add(first.but(&Router::port, 2));
  }

  void add(const Router& router) { paths.insert(paths.begin() + 1, {router}); }

  Writes writing(const Options& said) {
    return dice_.pick<Writes>(
        {option82(said), option82_at(0, said), option82_at(1, said), option82_twice(said)});
  }

  void make_surroundings() {
    if (dice_.one_in(4)) paths[0].tags = dice_.pick<std::vector<Tag>>({{{5}}, {{100, 0x88a8}, {5}}});
    if (dice_.one_in(4)) paths[1].tags = {{0, 0x8100, 6}};  // a priority, no VLAN
    const Router6 access = {
        .name = "S", .ip = "fd20:50::1"_ip6, .link = {}, .before = {{kInterfaceId, {1, 2}}}};
    const size_t kind = dice_.below(6);
    for (Path& path : paths) {
      const Router6 own = {.name = "T",
                           .ip = Address::of(0xfd20'0060'0000'0000, kind == 3 ? 1 : path.router.ip),
                           .link = as_link6(path.router.giaddr),
                           .behind = {{kRemoteId, {0, 0, 1}}}};
      if (kind == 1) path.through = {access};
      if (kind == 2 || kind == 3) path.through = {own};
      if (kind == 4) path.through = {access, own};
    }
    // Of a client's latest two transmissions eight relays are remembered; each is two where one of them is BOOTP without a cookie,
    // in which no option 82 is to be seen.
    if (paths.size() > 4) paths.resize(4);
    // A second line of one scope would have to go for a record of another.
    if (paths.size() > 3 && (scopes(false) > 1 || scopes(true) > 1)) paths.resize(3);
  }

  size_t scopes(bool v6) const {
    std::set<Scope> all;
    for (const Path& path : paths) {
      const Copy copy = path.brings(edk2().discover());
      all.insert((v6 ? read(path.brings6(copy), policy) : read(copy, policy)).scope);
    }
    return all.size();
  }

  // One of them may not be trusted, or not what it asks for.
  void draw_trust() {
    if (!dice_.one_in(5)) return;
    for (size_t n = 0; n < paths.size(); ++n) {
      const Copy copy = paths[n].brings(edk2().discover());
      if (n + 1 < paths.size() || dice_.one_in(2))
        policy.trusted_relays.insert(policy.trusted_relays.end(),
                                     {copy.relay.ip, {as_dhcp6(copy).relay.ip, 128}});
      if (n + 1 < paths.size() || dice_.one_in(2))
        policy.trusted_relays.insert(policy.trusted_relays.end(),
                                     {copy.relay.giaddr, as_network6(copy.relay.giaddr)});
    }
  }

  Dice& dice_;
};

}  // namespace relaysieve::test
