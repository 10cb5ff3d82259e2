// SPDX-License-Identifier: Apache-2.0
// Where a copy finds room in its bucket, what has to go for it, and what is remembered of that: rare where the table is
// large enough.
#include <algorithm>

#include "observation.h"

namespace relaysieve {
namespace {

// A transmission, and a transmission as brought by one relay, as keys of the forgotten, which look at the low bits: a
// product has no more in them than its factors had.
constexpr uint64_t stirred(uint64_t product) { return product ^ product >> 32; }

uint64_t trace_of(const Bucket& bucket, unsigned tag, const RequestKey& key) {
  const uint64_t client = uint64_t{key.scope} << 32 | uint32_t{key.who} << 16 | tag;
  const uint64_t request = uint64_t{key.message} << 32 | key.options;
  return stirred((client + bucket.number()) * 0x9e3779b97f4a7c15u ^ request * 0xbf58476d1ce4e5b9u);
}
uint64_t trace_of(uint64_t transmission, RelayId relay) {
  return stirred((transmission ^ relay * 0x9e3779b97f4a7c15u) * 0xff51afd7ed558ccdu);
}

}  // namespace

Reason Observation::recall() {
  const Forgotten::Moment moment = forgotten_.at(copy_.now);
  if (!moment.in_force(bucket_.evicted())) {
    bucket_.evicted() = 0;
    return Reason::first_copy;
  }
  const uint64_t transmission = trace_of(bucket_, Directory::tag_of(copy_.request.who), copy_.request.key);
  const uint64_t brought = trace_of(transmission, copy_.request.relay);
  const Forgotten::Answer known = forgotten_.knows(moment, transmission);
  if (known == Forgotten::Answer::no) return Reason::first_copy;
  if (known == Forgotten::Answer::perhaps) return Reason::over_capacity;
  if (forgotten_.knows(moment, brought) == Forgotten::Answer::yes) return Reason::evicted_retry;
  // Only if this relay can be remembered too: else its next, genuine retransmission would be dropped as well.
  const Time end = copy_.now + copy_.policy.window;
  if (!forgotten_.add(moment, brought, end)) return Reason::over_capacity;
  bucket_.evicted() = moment.longer(bucket_.evicted(), end);
  return Reason::second_copy;
}

// The way of a transmission that begins: one of the client's own that nobody will ask for, one that nobody misses at
// all, one of its own whose late copies will no longer be told from first ones; before another client's.
unsigned Observation::room() {
  if (spent_ != kNone) return spent_;
  if (const unsigned way = bucket_.dispensable(copy_.now, copy_.policy.window); way != kNone) return way;
  if (past_ != kNone) return past_;
  const unsigned way = bucket_.victim(copy_.request.router, copy_.now, copy_.policy.window);
  evict(way);
  return way;
}

// Makes room. A record that goes before its window has ended is remembered among the forgotten; not if every copy of it
// was held back: then the next one must pass.
void Observation::evict(unsigned way) {
  if ((bucket_.records() & only(way)) == 0 || age(way) > copy_.policy.window) return;
  verdict_.evicted = true;
  const Line& line = bucket_[way];
  if (!line.delivered) return;
  const uint64_t transmission = trace_of(bucket_, bucket_.tag(way), line.key);
  const Forgotten::Moment moment = forgotten_.at(copy_.now);
  const Time end = line.start + copy_.policy.window;
  bucket_.evicted() = moment.longer(bucket_.evicted(), std::max(end, copy_.now));
  // The relays first: a request is only remembered together with all who brought it.
  bool all = true;
  const RelayList relays = bucket_.relays(way);
  relays.each(line.brought, [&](unsigned n) {
    all = all && forgotten_.add(moment, trace_of(transmission, relays[n]), end);
  });
  if (all) forgotten_.add(moment, transmission, end);
}

// If there is no room for a second line, what only the turns have a use for goes first.
RelaySet Observation::make_room_for_relay(unsigned way) {
  const RelayList relays = bucket_.relays(way);
  Line& line = bucket_[way];
  if (relays.more() == nullptr) {
    line.lose_more();
    if (MoreRelays* const more = room_for_more(way)) {
      const RelayList both(line, more);
      if (const RelaySet bit = both.find(copy_.request.relay)) return bit;
      return both.add(copy_.request.relay);
    }
  }
  line.won &= line.brought | line.previous;
  if (const RelaySet bit = relays.add(copy_.request.relay)) return bit;
  line.previous = 0;
  line.won &= line.brought;
  return relays.add(copy_.request.relay);
}

// A second line for this one: the one it had, if its relays are no longer of use, or another's place.
MoreRelays* Observation::room_for_more(unsigned way) {
  unsigned place = bucket_.more_of(way);
  if (place == kNone) {
    place = bucket_.dispensable(copy_.now, copy_.policy.window);
    if (place == kNone) place = bucket_.victim(copy_.request.router, copy_.now, copy_.policy.window);
    const bool latest =
        place == latest_ && bucket_.tag(place) != 0;  // not one that was undone, and has just gone
    if (place == way || place == record_ || latest) return nullptr;
    evict(place);
  }
  bucket_.take_for_more(place, copy_.request);
  MoreRelays& more = bucket_.more_relays(place);
  more.start = line(way).start;
  more.key = line(way).key;
  return &more;
}

// A line goes, and its second line with it.
void Observation::free_more_of(unsigned way) {
  if (!bucket_.has_second_line(way)) return;
  if (const unsigned more = bucket_.more_of(way); more != kNone) bucket_.free(more);
}

// The line that said how the client stands is none any more, so that its second line is free, and an undo needs what was in it.
bool Observation::is_left(unsigned latest, unsigned place) const {
  return latest == place || ((bucket_.latest() | bucket_.records()) & only(latest)) == 0;
}

// A line that begins takes over the relays of the latest one's second line.
void Observation::carry_more(unsigned place, unsigned more_before, const MoreRelays& relays) {
  MoreRelays* more = nullptr;
  if (more_before != kNone && is_left(latest_, place)) {
    bucket_.take_for_more(more_before, copy_.request);
    more = &bucket_.more_relays(more_before);
  } else if (more_before != kNone) {
    more = room_for_more(place);
  }
  if (more == nullptr) return line(place).lose_more();
  more->relays = relays.relays;
  more->start = line(place).start;
  more->key = line(place).key;
}

}  // namespace relaysieve
