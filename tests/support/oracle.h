// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "relaysieve/policy.h"
#include "relaysieve/reason.h"
#include "support/reading.h"

namespace relaysieve::test {

// The rule, slow and plain: a second reading of it to compare the filter with. Maps hold everything that was ever
// seen. Two simplifications: memory is endless, and a record holds any number of relays.
class Oracle {
 public:
  explicit Oracle(Policy policy) : policy_(std::move(policy)) {}

  Reason judge(Time time, const auto& copy) { return judge(time, read(copy, policy_)); }
  Reason judge(Time time, const Reading& seen) {
    before_ = {};
    if (seen.passes) return *seen.passes;
    now_ = std::max(now_, time);
    auto& siblings = records_[seen.message];
    const auto found = siblings.find({seen.scope, seen.key_options});
    Record* record = found == siblings.end() ? nullptr : &found->second;
    Client& client = clients_[seen.client];
    before_ = {seen, client};
    const bool fresh = !record || !inside(*record);
    const bool again = !fresh && record->transmission->brought.contains(seen.relay);
    if (again && now_ - record->began <= policy_.echo_window) return Reason::echo;

    Reason reason = Reason::retransmission;
    if (fresh || again) {  // a transmission begins
      if (fresh) reason = reason_of_first(seen, record);
      record = &siblings[{seen.scope, seen.key_options}];
      *record = {now_, seen.content, std::make_shared<Transmission>(Transmission{{seen.relay}})};
      begin(client, seen, record->transmission);
    } else {  // another relay brings it
      const bool elsewhere = asks_elsewhere(record->transmission->brought, seen.relay);
      record->transmission->brought.insert(seen.relay);
      reason = elsewhere ? Reason::other_subnet_same_relay : Reason::first_copy;
      if (record->transmission->won && !elsewhere)
        return seen.content == record->content ? Reason::second_copy : Reason::second_copy_rewritten;
    }
    if (!record->transmission->won && must_wait(client, seen.relay)) return Reason::turn_passed;
    before_.transmission = record->transmission, before_.latest = client.latest;
    before_.delivered = std::exchange(record->transmission->won, true);
    wins(client, seen.relay);
    return reason;
  }

  // What stood before the latest copy, to undo it by; now or when others have come after it.
  const auto& before() const { return before_; }
  // A copy that was forwarded is refused by the transmit side: it won nothing, and its record is undone; but where
  // another copy of the transmission had been delivered, only its relay is. What has moved on since stays as it is.
  void undo() { undo(before_); }
  void undo(const auto& copy) {
    const auto& [seen, client, transmission, latest, delivered] = copy;
    auto& siblings = records_[seen.message];
    const auto record = siblings.find({seen.scope, seen.key_options});
    if (record == siblings.end() || record->second.transmission != transmission) return;
    if (clients_[seen.client].latest == latest) clients_[seen.client] = client;
    if (delivered)
      transmission->brought.erase(seen.relay);
    else
      siblings.erase(record);
  }

  void adopt(Policy policy) { policy_ = std::move(policy); }

 private:
  // What a record stands for, and what a client remembers of its latest two.
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
  struct Before {
    Reading seen = {};
    Client client = {};
    std::shared_ptr<Transmission> transmission = {}, latest = {};  // its own, and the client's, after it
    bool delivered = false;
  };

  bool inside(const Record& record) const { return now_ - record.began <= policy_.window; }

  Reason reason_of_first(const Reading& seen, const Record* old) const {
    if (old && now_ - old->began <= kLateHorizon && !old->transmission->brought.contains(seen.relay))
      return Reason::late_copy;
    bool same_router = false, twin = false, rewritten = false;
    for (const auto& [key, record] : records_.at(seen.message)) {
      if (!inside(record)) continue;
      const auto& [scope, options] = key;
      const Relays& brought = record.transmission->brought;
      if (scope != seen.scope && options == seen.key_options)
        (asks_elsewhere(brought, seen.relay) ? same_router : twin) = true;
      else if (scope == seen.scope && !brought.contains(seen.relay))
        rewritten = policy_.match == Match::content;
    }
    if (same_router) return Reason::other_subnet_same_relay;
    if (twin) return Reason::twin_other_scope;
    return rewritten ? Reason::rewritten : Reason::first_copy;
  }

  void begin(Client& client, const Reading& seen, std::shared_ptr<Transmission> transmission) {
    const bool known = client.latest && now_ - client.heard <= kClientHorizon;
    if (!known || client.type != seen.type) client = {.asking_since = now_, .type = seen.type};
    client.heard = now_;
    client.previous = std::exchange(client.latest, std::move(transmission));
  }

  bool turns_due(const Client& client) const {
    return policy_.turn_after != Duration::zero() && now_ - client.asking_since >= policy_.turn_after;
  }

  bool must_wait(const Client& client, const Relay& relay) const {
    if (!turns_due(client) || !client.won.contains(relay) || !client.previous) return false;
    return !std::ranges::includes(client.won, client.previous->brought);
  }

  void wins(Client& client, const Relay& relay) {
    client.won.insert(relay);
    if (!turns_due(client)) return;
    for (const auto& transmission : {client.latest, client.previous})
      if (transmission && !std::ranges::includes(client.won, transmission->brought)) return;
    client.won = {relay};
  }

  Policy policy_;
  Time now_ = Time::min();
  Before before_{};
  std::map<Message, std::map<std::tuple<Scope, Options>, Record>> records_;
  std::map<Asking, Client> clients_;
};

}  // namespace relaysieve::test
