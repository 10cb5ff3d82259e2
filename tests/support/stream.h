// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "support/random_network.h"

namespace relaysieve::test {

// One frame: a client's request by DHCPv4, or by DHCPv6, as one path brings it.
struct Brought {
  Copy copy;
  std::optional<Copy6> copy6;
  Bytes bytes;
  Reading reading;

  Brought(const Copy& made, const Policy& policy)
      : copy(made), bytes(copy.bytes()), reading(read(copy, policy)) {}
  Brought(const Copy& made, const Copy6& made6, const Policy& policy)
      : copy(made), copy6(made6), bytes(made6.bytes()), reading(read(made6, policy)) {}
};

struct Event {
  Time time;
  std::shared_ptr<const Brought> brought;
  bool refused = false;     // by the transmit side, should it be forwarded
  bool new_policy = false;  // before it, the rule's times and mode change

  const Bytes& bytes() const { return brought->bytes; }
  const Reading& reading() const { return brought->reading; }
  bool v6() const { return brought->copy6.has_value(); }
};

// Lets clients ask in a network that is made up. Gaps and lags are drawn from the rule's own limits, a nanosecond less
// and more, as often as from anywhere. Copies are lost, doubled and late; relays fall silent, for good or for a while;
// some frames are none of the rule's business.
class Stream {
 public:
  explicit Stream(uint64_t seed) : dice_(seed), network_(dice_), dead_(network_.paths.size()) {
    const Policy& rule = policy();
    limits_ = {0s, rule.echo_window, 200ms,         250ms, rule.window, rule.turn_after,
               4s, kLateHorizon,     kClientHorizon};
  }

  const Policy& policy() const { return network_.policy; }
  // What may change under a client's records without making a stranger of it.
  const Policy& next_policy() {
    network_.draw_times();
    network_.policy.mode = dice_.one_in(3) ? Mode::monitor : Mode::enforce;
    return policy();
  }

  std::vector<Event> events(size_t count, uint8_t clients = 3) {
    std::vector<Event> events;
    std::vector<Client> boards = {edk2(), grub().with_hlen(0), raspberry_pi()};
    for (uint8_t n = 3; n < clients; ++n) boards.push_back(edk2().called({2, 0x54, 0, 0x20, 1, n}));
    for (Time start = 1000s; events.size() < count; start += 500s) {
      let_relays_die(start);
      for (const Client& client : boards) ask(client, start, events);
    }
    std::ranges::stable_sort(events, {}, &Event::time);
    for (Event& event : events) {
      if (dice_.one_in(50)) event.time -= dice_.near(50ms);  // the clock runs backwards
      event.refused = dice_.one_in(30);
      event.new_policy = dice_.one_in(500);
    }
    leave_room(events);
    return events;
  }

 private:
  struct Silence {
    Time from{}, until{};
  };

  // At any moment of what is asked now; and comes back at once, while it is still asked, or for others only. One lives.
  void let_relays_die(Time start) {
    for (Silence& silence : dead_) {
      const auto silent = [&](const Silence& other) { return &other == &silence || other.until > start; };
      if (silence.until > start || std::ranges::all_of(dead_, silent) || !dice_.one_in(6)) continue;
      const Time from = start + dice_.near(dice_.pick<Duration>({1s, 10s, 100s}));
      silence = {from, from + dice_.pick<Duration>({300ms, 4s, 4s, 30s, 120s, 120s, 1500s, 5000s})};
    }
  }

  // A client asks up to twelve times: again, or for something else; each relay brings it, late or never.
  void ask(const Client& client, Time time, std::vector<Event>& events) {
    size_t kind = dice_.below(kKinds);
    Transmission sent = said(client, kind, 0);
    const bool v6 = dice_.one_in(3);
    for (size_t tries = 1 + dice_.below(12); tries > 0; --tries) {
      const Server server = dice_.one_in(5) ? kSecondServer : kServer;
      for (size_t n = 0; n < dead_.size(); ++n) {
        const auto brought = bring(network_.paths[n], sent, server, v6);
        for (size_t count = dice_.one_in(6) ? 0 : dice_.one_in(6) ? 2 : 1; count > 0; --count) {
          const Time at = time + (dice_.one_in(8) ? gap() : dice_.near(5ms));
          if (at < dead_[n].from || at >= dead_[n].until) events.push_back({at, brought});
        }
      }
      time += gap();
      const uint32_t xid = sent.xid;
      const uint16_t secs = sent.secs;
      if (dice_.one_in(10)) kind = dice_.one_in(3) ? dice_.below(kKinds) : 1 - kind % 2;
      if (dice_.one_in(6)) sent = said(client, kind, dice_.below(2));
      sent.xid = xid + dice_.one_in(9), sent.secs = static_cast<uint16_t>(secs + dice_.one_in(5));
    }
  }

  // DISCOVER and REQUEST as they go on, and what else there is. `form`: the same with other options, or another file.
  static constexpr size_t kKinds = 7;
  Transmission said(const Client& client, size_t kind, size_t form) {
    const auto mark = static_cast<uint8_t>(form);
    Transmission sent = (kind == 1   ? client.request()
                         : kind == 2 ? client.inform()
                                     : client.discover())
                            .with({varied_, {mark}});
    if (kind <= 2) return sent;
    sent.file = {'b', mark}, sent.sname = {'s', mark};
    if (kind == 3) sent.cookie = false;                // plain BOOTP
    if (kind == 4) sent = sent.without(kMessageType);  // and with options
    if (kind > 4) sent = sent.with({kOverload, {static_cast<uint8_t>(kind - 4)}});
    return sent;
  }

  std::shared_ptr<const Brought> bring(const Path& path, const Transmission& sent, const Server& server,
                                       bool v6) {
    Transmission written = sent;
    if (dice_.one_in(12)) written = written.with_pads(dice_.below(3));
    if (dice_.one_in(12)) written.after_end = {1, 2, kRelayInfo};
    if (dice_.one_in(12)) written.flags ^= 0x8000;
    Copy copy = path.brings(written).to(server);
    copy.hops = static_cast<uint8_t>(dice_.below(4));
    if (dice_.one_in(12)) copy.udp_checksum = UdpChecksum::zero;
    if (dice_.one_in(12)) copy.ip_options = {1, 1, 1, 1};
    if (dice_.one_in(12)) copy.trailer = {7, 7, 7};
    Copy6 copy6 = path.brings6(copy);
    if (dice_.one_in(40)) spoil(copy, copy6);
    return v6 ? std::make_shared<const Brought>(copy, copy6, policy())
              : std::make_shared<const Brought>(copy, policy());
  }

  // Into what the rule does not look at.
  void spoil(Copy& copy, Copy6& copy6) {
    const size_t how = dice_.below(8);
    if (how == 0) copy.relay.giaddr = 0;
    if (how == 1) copy.fragment = dice_.pick<uint16_t>({0x2000, 0x00b9});
    if (how == 2) copy.destination_port = copy6.destination_port = 4011;
    if (how == 3) copy.sent.op = 2, copy6.sent.type = kReply6;
    if (how == 4) copy.sent.op = 3;
    if (how == 5) copy.sent.hlen = 17;
    if (how == 6) copy.sent = copy.sent.with({kMessageType, {kLeasequery}}), copy6.sent.type = kLeasequery6;
    if (how == 7) copy.server.ip = "224.0.0.1"_ip, copy6.server = "ff05::1:3"_ip6;
    if (how < 2) copy6.sent = copy6.sent.with({kIaPd, Bytes(12, 1)});
  }

  // Nothing must be evicted: copies that would begin one record too many of a client's in 5 s are lost; in 6, because a burst may
  // bring them closer together.
  void leave_room(std::vector<Event>& events) const {
    std::map<Who, std::map<Key, Time>> seen;
    Time now = Time::min();
    std::erase_if(events, [&](const Event& event) {
      const Reading& reading = event.reading();
      if (reading.passes) return false;
      now = std::max(now, event.time);
      auto& keys = seen[std::get<0>(reading.message)];
      std::erase_if(keys, [&](const auto& entry) { return now - entry.second > kLateHorizon + 1s; });
      if (keys.size() >= network_.most_records() && !keys.contains(reading.key())) return true;
      keys[reading.key()] = now;
      return false;
    });
  }

  Duration gap() {
    const Duration limit = limits_[dice_.below(limits_.size())];
    if (dice_.one_in(3)) return dice_.near(2 * limit + 1ms);
    return std::max(Duration(0), limit + Duration(static_cast<int64_t>(dice_.below(3)) - 1));
  }

  Dice dice_;
  RandomNetwork network_;
  std::vector<Silence> dead_;  // each path's
  std::vector<Duration> limits_;
  const uint8_t varied_ = dice_.pick<uint8_t>({kClientId, kUserClass});  // the option that forms differ in
};

}  // namespace relaysieve::test
