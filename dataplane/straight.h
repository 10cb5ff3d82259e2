// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include "copy.h"

namespace relaysieve {

// The straight path of a decision: what nearly every copy meets. One line says all about the client, there is room, and
// nothing has to go for it. It either writes the whole verdict, or changes nothing and says false: then Observation
// decides, which knows the whole rule, and would come to the same here.
class Straight {
 public:
  Straight(Bucket bucket, const Copy& copy, Verdict& verdict)
      : bucket_(bucket), copy_(copy), verdict_(verdict) {}

  bool judge() {
    const Ways tagged = bucket_.tagged(copy_.request.who);
    if (tagged == 0) return new_client();
    const Ways latest = tagged & bucket_.latest() & bucket_.records();
    if (latest == 0 || but_first(latest) != 0) return false;
    const unsigned way = first_of(latest);
    Line& line = bucket_[way];
    if (!line.knows_all()) return false;
    if (line.key == copy_.request.key) return copy_of(line);
    return tagged == latest && line.key.same_client(copy_.request.key) && next_of(way, line);
  }

 private:
  // Another relay's copy of the client's latest transmission.
  bool copy_of(Line& line) {
    const Duration lag = copy_.now - line.start;
    const Line::Match relays = line.match(copy_.request.relay);
    if (!line.delivered || lag > copy_.policy.window || (relays.same_router & line.brought) != 0)
      return false;
    const RelaySet relay = relays.same != 0 ? relays.same : line.free_bit();
    if (relay == 0) return false;
    if (relays.same == 0) line.relays[std::countr_zero(relay)] = copy_.request.relay;
    line.brought |= relay;

    answer(Reason::second_copy);
    verdict_.has_first = true;
    verdict_.first_router = router_of(line.relays[line.first]);
    verdict_.lag = std::max(lag, Duration::zero());  // cores' clocks may differ by a burst
    verdict_.first_number = copy_.whole_number(line.number);
    return true;
  }

  // The first copy of the client's next transmission: in place of the one before, of which nothing is of use any more but
  // how the client stands.
  bool next_of(unsigned way, Line& line) {
    if (copy_.now - line.start <= kLateHorizon || bucket_.evicted() != 0) return false;
    RelaySet relay = line.match(copy_.request.relay).same;
    if (relay == 0) {
      relay = line.free_bit();
      if (relay == 0) return false;
      line.relays[std::countr_zero(relay)] = copy_.request.relay;
    }
    Undo& undo = verdict_.undo;
    undo.before = line;
    undo.start = line.start;
    write(line, copy_);
    turns::begin(line, undo.start, undo.before);
    bucket_.use_again(way, copy_.request);
    return forward(way, way, line, relay);
  }

  // The first copy of a client that has no line yet.
  bool new_client() {
    if (bucket_.evicted() != 0) return false;
    const unsigned way = bucket_.dispensable(copy_.now, copy_.policy.window);
    if (way == kWays || bucket_.has_second_line(way)) return false;
    Line& line = bucket_[way];
    write(line, copy_);
    turns::begin(line);
    line.relays[0] = copy_.request.relay;
    bucket_.take_for_line(way, copy_.request);
    return forward(way, kWays, line, 1);
  }

  bool forward(unsigned way, unsigned before, Line& line, RelaySet relay) {
    const bool passes = forward_first(line, relay, copy_);
    answer(passes ? Reason::first_copy : Reason::turn_passed);
    verdict_.has_first = false;
    verdict_.first_router = copy_.request.router;
    verdict_.lag = Duration::zero();
    verdict_.first_number = 0;
    if (passes) leave_undo(bucket_, Undo::What::transmission, way, before, copy_, verdict_.undo);
    return true;
  }

  void answer(Reason reason) {
    verdict_.reason = reason;
    verdict_.evicted = verdict_.recalled = false;
    verdict_.subnet = subnet_of(copy_.request.key.scope);
    verdict_.first_subnet = 0;
    verdict_.undo.what = Undo::What::nothing;
  }

  Bucket bucket_;
  const Copy& copy_;
  Verdict& verdict_;
};

}  // namespace relaysieve
