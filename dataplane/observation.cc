// SPDX-License-Identifier: Apache-2.0
#include "observation.h"

#include <algorithm>
#include <bit>

#include "turns.h"

namespace relaysieve {

void Memory::judge_at_length(Bucket bucket, Copy copy, Verdict& verdict) {
  Observation(forgotten_, bucket, copy, verdict).judge();
}

void Observation::judge() {
  verdict_.has_first = verdict_.evicted = verdict_.recalled = false;
  verdict_.first_router = copy_.request.router;
  verdict_.subnet = subnet_of(copy_.request.key.scope);
  verdict_.first_subnet = 0;
  verdict_.lag = Duration::zero();
  verdict_.first_number = 0;
  verdict_.undo.what = Undo::What::nothing;

  find();
  if (record_ == kNone) return meet();
  if (age(record_) > copy_.policy.window) {
    verdict_.reason = first();
    return begin(record_);
  }
  if ((line(record_).brought & bucket_.relays(record_).find(copy_.request.relay)) == 0) return join();
  if (age(record_) <= copy_.policy.echo_window) return repeats(Reason::echo);
  verdict_.reason = Reason::retransmission;
  verdict_.lag = age(record_);
  begin(record_);
}

void Observation::find() {
  tagged_ = bucket_.tagged(copy_.request.who) & ~bucket_.more();
  for (Ways left = tagged_; left != 0; left = but_first(left)) {
    const unsigned way = first_of(left);
    const RequestKey& key = line(way).key;
    if (!key.same_client(copy_.request.key)) continue;
    const Duration age = this->age(way);
    const bool recorded = bucket_.records() & only(way);
    if (bucket_.latest() & only(way)) latest_ = way;
    if (recorded && key.same_request(copy_.request.key))
      record_ = way;
    else if (!recorded || age > kLateHorizon)
      spent_ = way;
    else if (age > copy_.policy.window)
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
  Undo& undo = verdict_.undo;
  if (known) undo.before = line(latest_), undo.start = line(latest_).start;
  const unsigned more_before = known && line(latest_).has_more() ? bucket_.more_of(latest_) : kNone;
  const MoreRelays more = more_before != kNone ? bucket_.more_relays(more_before) : MoreRelays();

  if (place != latest_) free_more_of(place);
  Line& line = bucket_[place];
  write(line, copy_);
  if (known)
    turns::begin(line, undo.start, undo.before);
  else
    turns::begin(line);
  bucket_.take_for_line(place, copy_.request);
  if (known && place != latest_) bucket_.supersede(latest_);
  const bool for_undo = more_before != kNone && is_left(latest_, place);
  if (line.has_more() || for_undo) carry_more(place, more_before, more);

  if (forward_first(line, bit_for_relay(place), copy_))
    leave_undo(bucket_, Undo::What::transmission, place, latest_, copy_, undo);
  else
    verdict_.reason = Reason::turn_passed;
}

void Observation::join() {
  Line& line = bucket_[record_];
  const bool other_subnet = bucket_.relays(record_).brought_for_another_subnet(copy_.request.relay);
  const RelaySet relay = bit_for_relay(record_);
  if (relay == 0) return repeats(Reason::over_capacity);
  line.brought |= relay;

  // How the client stands: in this line, or in that of a later transmission, which may be the next one.
  RelaySet standing = relay;
  if (latest_ != kNone && latest_ != record_) {
    Line& latest = bucket_[latest_];
    const bool next = latest.count == static_cast<uint8_t>(line.count + 1);
    standing = next ? bit_for_relay(latest_) : bucket_.relays(latest_).find(copy_.request.relay);
    if (next) latest.previous |= standing;
  }

  if (line.delivered && !other_subnet) {
    const bool rewritten = line.key.content != copy_.request.key.content;
    return repeats(rewritten ? Reason::second_copy_rewritten : Reason::second_copy);
  }
  if (!line.delivered && latest_ != kNone &&
      turns::must_wait(bucket_[latest_], standing, copy_.now, copy_.policy.turn_after))
    return repeats(Reason::turn_passed);

  verdict_.reason = other_subnet ? Reason::other_subnet_same_relay : Reason::first_copy;
  // For an undo: copies that come now are dropped on this one's account, and bear the number of the first one, held back.
  if (!line.delivered) verdict_.first_number = copy_.whole_number(line.number);
  leave_undo(bucket_, line.delivered ? Undo::What::relay : Undo::What::record, record_, latest_, copy_,
             verdict_.undo);
  line.delivered = true;
  if (latest_ == kNone) return;
  Line& latest = bucket_[latest_];
  verdict_.undo.before.won = latest.won;
  if (standing == 0) standing = bit_for_relay(latest_);
  turns::wins(latest, standing, copy_.now, copy_.policy.turn_after);
}

void Observation::repeats(Reason reason) {
  const Line& line = bucket_[record_];
  verdict_.reason = reason;
  verdict_.has_first = true;
  verdict_.lag = std::max(copy_.now - line.start, Duration::zero());  // cores' clocks may differ by a burst
  verdict_.first_number = copy_.whole_number(line.number);
  verdict_.first_router = router_of(bucket_.relays(record_).name(line.first));
}

// The same was seen too long ago, or its like lies beside it.
Reason Observation::first() {
  const bool seen = record_ != kNone && age(record_) <= kLateHorizon;
  if (seen && (line(record_).brought & bucket_.relays(record_).find(copy_.request.relay)) == 0) {
    repeats(Reason::late_copy);
    return Reason::late_copy;
  }
  unsigned same_router = kNone, twin = kNone, rewritten = kNone;
  Ways others = tagged_ & bucket_.records();
  if (record_ != kNone) others &= static_cast<Ways>(~only(record_));
  for (Ways left = others; left != 0; left = but_first(left)) {
    const unsigned way = first_of(left);
    const RequestKey& key = line(way).key;
    if (!key.same_message(copy_.request.key) || age(way) > copy_.policy.window) continue;
    const bool same_scope = key.scope == copy_.request.key.scope,
               same_options = key.options == copy_.request.key.options;
    const RelayList relays = bucket_.relays(way);
    if (!same_scope && same_options)
      (relays.brought_for_another_subnet(copy_.request.relay) ? same_router : twin) = way;
    if (same_scope && !same_options && (relays.find(copy_.request.relay) & line(way).brought) == 0)
      rewritten = way;
  }
  if (same_router != kNone) return beside(Reason::other_subnet_same_relay, same_router);
  if (twin != kNone) return beside(Reason::twin_other_scope, twin);
  if (rewritten != kNone && copy_.policy.match == Match::content) return beside(Reason::rewritten, rewritten);
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
  if (const RelaySet bit = relays.find(copy_.request.relay)) return bit;
  if (const RelaySet bit = relays.add(copy_.request.relay)) return bit;
  return make_room_for_relay(way);
}

}  // namespace relaysieve
