// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <set>
#include <tuple>

#include "relaysieve/policy.h"
#include "relaysieve/reason.h"
#include "support/network.h"

namespace relaysieve::test {

// The rule, slow and plain: a second reading of it to compare the filter with. Whole values are compared, no
// hashes; maps hold everything that was ever seen. It reads descriptions of copies, not bytes. Two
// simplifications: memory is endless, and a record holds any number of relays.
class Oracle {
 public:
  explicit Oracle(Policy policy) : policy_(std::move(policy)) {}

  Reason judge(Time time, const Copy& copy);

 private:
  using Router = std::tuple<uint16_t, Mac, Ip>;    // ingress port, source MAC, source IP
  using Asked = std::tuple<Ip, Bytes>;             // giaddr, link selection
  using Relay = std::tuple<Router, Asked, Bytes>;  // option 82 breaks the tie
  using Relays = std::set<Relay>;
  using Scope = std::tuple<Ip, Bytes>;  // network, VRF
  using Who = std::tuple<std::vector<uint16_t>, Ip, uint8_t, uint8_t, std::array<uint8_t, 16>>;
  using Message = std::tuple<Who, uint32_t, uint16_t, Ip, uint8_t>;  // xid, secs, ciaddr, type

  // One transmission: what a record stands for, and what a client remembers of its latest two.
  struct Transmission {
    Relays brought;
    bool won = false;
  };
  struct Record {
    Time began{};
    Options content;  // of the first copy
    std::shared_ptr<Transmission> transmission;
  };
  struct Client {
    Time asking_since{}, heard{};
    uint8_t type = 0;
    Relays won = {};
    std::shared_ptr<Transmission> latest = {}, previous = {};
  };
  // What the rule looks at in one copy.
  struct Seen {
    Message message;
    Scope scope;
    Options key_options, content;
    Relay relay;
    std::tuple<Who, Scope> client;
    uint8_t type;
  };

  Seen look_at(const Copy& copy) const;
  Reason reason_of_first(const Seen& seen, const Record* old) const;
  void begin(Client& client, const Seen& seen, std::shared_ptr<Transmission> transmission);
  bool must_wait(const Client& client, const Relay& relay) const;
  void wins(Client& client, const Relay& relay);
  bool inside(const Record& record) const { return now_ - record.began <= policy_.window; }
  bool turns_due(const Client& client) const;
  static bool asks_elsewhere(const Relays& relays, const Relay& relay);

  const Policy policy_;
  Time now_ = Time::min();
  std::map<Message, std::map<std::tuple<Scope, Options>, Record>> records_;
  std::map<std::tuple<Who, Scope>, Client> clients_;
};

}  // namespace relaysieve::test
