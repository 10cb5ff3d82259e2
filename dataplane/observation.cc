// SPDX-License-Identifier: Apache-2.0
#include "observation.h"

#include <algorithm>
#include <bit>

#include "turns.h"

namespace relaysieve {

// One piece of code for what nearly every copy needs.
__attribute__((flatten)) void Memory::observe(const Request& request, Time now, uint64_t number,
                                              const Policy& policy, Verdict& verdict) {
  Observation(*this, request, now, number, policy, verdict).judge();
}

void Observation::judge() {
  verdict_.has_first = verdict_.evicted = verdict_.recalled = false;
  verdict_.first_router = request_.relay.router;
  verdict_.subnet = subnet_of(request_.scope);
  verdict_.first_subnet = 0;
  verdict_.lag = Duration::zero();
  verdict_.first_number = 0;
  verdict_.undo.what = Undo::What::nothing;

  find();
  if (record_ == kNone) return meet();
  if (age(record_) > policy_.window) {
    verdict_.reason = first();
    return begin(record_);
  }
  if ((line(record_).brought & bucket_.relays(record_).find(relay_)) == 0) return join();
  if (age(record_) <= policy_.echo_window) return repeats(Reason::echo);
  verdict_.reason = Reason::retransmission;
  verdict_.lag = age(record_);
  begin(record_);
}

void Observation::find() {
  tagged_ = bucket_.tagged(request_.who) & ~bucket_.more();
  for (Ways left = tagged_; left != 0; left = but_first(left)) {
    const unsigned way = first_of(left);
    const LineKey& key = line(way).key;
    if (!key.same_client(key_)) continue;
    const bool recorded = bucket_.records() & only(way);
    if (bucket_.latest() & only(way)) latest_ = way;
    if (recorded && key.same_request(key_))
      record_ = way;
    else if (!recorded || now_ - key.start > kLateHorizon)
      spent_ = way;
    else if (now_ - key.start > policy_.window)
      past_ = way;
  }
}

void Observation::meet() {
  verdict_.reason = Reason::first_copy;
  if (bucket_.evicted() != 0) {
    verdict_.reason = recall();
    verdict_.recalled = verdict_.reason != Reason::first_copy;
    if (info(verdict_.reason).action == Action::drop) return;
  }
  if (!verdict_.recalled) verdict_.reason = first();
  begin(room());
}

void Observation::begin(unsigned place) {
  const bool known = latest_ != kNone;
  Standing& before = verdict_.undo.before;
  if (known) before = line(latest_).standing();
  const unsigned more_before = known && line(latest_).has_more() ? bucket_.more_of(latest_) : kNone;
  const MoreRelays more = more_before != kNone ? bucket_.more_relays(more_before) : MoreRelays();

  if (place != latest_) free_more_of(place);
  Line& line = bucket_[place];
  line.key.become(key_);
  line.number = static_cast<uint32_t>(number_);
  line.type = request_.type;
  line.delivered = false;
  turns::begin(line, known ? &before : nullptr);
  bucket_.take_for_line(place, request_);
  if (known && latest_ != place) bucket_.supersede(latest_);
  if (line.has_more()) carry_more(place, more_before, more);
  line.brought = bit_for_relay(place);
  line.first = static_cast<unsigned>(std::countr_zero(line.brought)) & 7;

  if (turns::must_wait(line, line.brought, now_, policy_.turn_after)) {
    verdict_.reason = Reason::turn_passed;
    return;
  }
  leave_undo(Undo::What::transmission, place, latest_);
  line.delivered = true;
  turns::wins(line, line.brought, now_, policy_.turn_after);
}

void Observation::join() {
  Line& line = bucket_[record_];
  const bool other_subnet = bucket_.relays(record_).brought_for_another_subnet(relay_);
  const RelaySet relay = bit_for_relay(record_);
  if (relay == 0) return repeats(Reason::over_capacity);
  line.brought |= relay;

  // How the client stands: in this line, or in that of a later transmission, which may be the next one.
  RelaySet standing = relay;
  if (latest_ != kNone && latest_ != record_) {
    Line& latest = bucket_[latest_];
    const bool next = latest.count == static_cast<uint8_t>(line.count + 1);
    standing = next ? bit_for_relay(latest_) : bucket_.relays(latest_).find(relay_);
    if (next) latest.previous |= standing;
  }

  if (line.delivered && !other_subnet) {
    const bool rewritten = line.key.content != key_.content;
    return repeats(rewritten ? Reason::second_copy_rewritten : Reason::second_copy);
  }
  if (!line.delivered && latest_ != kNone &&
      turns::must_wait(bucket_[latest_], standing, now_, policy_.turn_after))
    return repeats(Reason::turn_passed);

  verdict_.reason = other_subnet ? Reason::other_subnet_same_relay : Reason::first_copy;
  leave_undo(line.delivered ? Undo::What::relay : Undo::What::record, record_, latest_);
  line.delivered = true;
  if (latest_ == kNone) return;
  Line& latest = bucket_[latest_];
  verdict_.undo.before.won = latest.won;
  if (standing == 0) standing = bit_for_relay(latest_);
  turns::wins(latest, standing, now_, policy_.turn_after);
}

void Observation::repeats(Reason reason) {
  const Line& line = bucket_[record_];
  verdict_.reason = reason;
  verdict_.has_first = true;
  verdict_.lag = std::max(now_ - line.key.start, Duration::zero());  // cores' clocks may differ by a burst
  verdict_.first_number = number_ - (static_cast<uint32_t>(number_) - line.number);
  verdict_.first_router = router_of(bucket_.relays(record_).name(line.first));
}

// The same was seen too long ago, or its like lies beside it.
Reason Observation::first() {
  const bool seen = record_ != kNone && age(record_) <= kLateHorizon;
  if (seen && (line(record_).brought & bucket_.relays(record_).find(relay_)) == 0) {
    repeats(Reason::late_copy);
    return Reason::late_copy;
  }
  unsigned same_router = kNone, twin = kNone, rewritten = kNone;
  Ways others = tagged_ & bucket_.records();
  if (record_ != kNone) others &= static_cast<Ways>(~only(record_));
  for (Ways left = others; left != 0; left = but_first(left)) {
    const unsigned way = first_of(left);
    const LineKey& key = line(way).key;
    if (!key.same_message(key_) || age(way) > policy_.window) continue;
    const bool same_scope = key.scope == key_.scope, same_options = key.options == key_.options;
    const RelayList relays = bucket_.relays(way);
    if (!same_scope && same_options) (relays.brought_for_another_subnet(relay_) ? same_router : twin) = way;
    if (same_scope && !same_options && (relays.find(relay_) & line(way).brought) == 0) rewritten = way;
  }
  if (same_router != kNone) return beside(Reason::other_subnet_same_relay, same_router);
  if (twin != kNone) return beside(Reason::twin_other_scope, twin);
  if (rewritten != kNone && policy_.match == Match::content) return beside(Reason::rewritten, rewritten);
  if (seen) verdict_.lag = age(record_);
  return Reason::first_copy;
}

Reason Observation::beside(Reason reason, unsigned like) {
  verdict_.first_router = router_of(bucket_.relays(like).name(line(like).first));
  verdict_.first_subnet = subnet_of(line(like).key.scope);
  return reason;
}

// The bit of this copy's relay among those of a line, or 0: it is the ninth that brings this transmission.
RelaySet Observation::bit_for_relay(unsigned way) {
  const RelayList relays = bucket_.relays(way);
  if (const RelaySet bit = relays.find(relay_)) return bit;
  if (const RelaySet bit = relays.add(relay_)) return bit;
  return make_room_for_relay(way);
}

void Observation::leave_undo(Undo::What what, unsigned record, unsigned client) {
  Undo& undo = verdict_.undo;
  undo.what = what;
  undo.count = static_cast<uint8_t>(line(record).count);
  undo.client_count = client != kNone ? static_cast<uint8_t>(line(client).count) : uint8_t{0};
  undo.message = key_.message;
  undo.record = bucket_.slot(record);
  undo.client = client != kNone ? bucket_.slot(client) : kNowhere;
  undo.relay = relay_;
}

}  // namespace relaysieve
