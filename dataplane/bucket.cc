// SPDX-License-Identifier: Apache-2.0
#include "bucket.h"

#include <bit>

namespace relaysieve {
namespace {

void remove(Ways& ways, unsigned way) { put(ways, static_cast<Ways>(ways & ~only(way))); }

}  // namespace

void Bucket::clear(Directory& directory, uint32_t era) {
  put(directory.latest, 0);
  put(directory.records, 0);
  directory.more = 0;
  directory.evicted = 0;
  directory.order.reset();
  for (uint16_t& tag : directory.tags) put(tag, 0);
  put(directory.era, era);
}

unsigned Bucket::more_of(unsigned way) const {
  const Line& line = lines_[way].line;
  for (Ways left = directory_.more; left != 0; left = but_first(left)) {
    const unsigned more = first_of(left);
    const MoreRelays& other = lines_[more].more;
    if (other.key.same_request(line.key) && other.start == line.start && tag(more) == tag(way)) return more;
  }
  return kWays;
}

unsigned Bucket::victim(uint32_t newcomer, Time now, Duration window) const {
  constexpr int kMost = kWays / 2 + 1, kNearlyAll = 11;
  Ways own = 0;
  for (unsigned way = 0; way < kWays; ++way)
    if (directory_.routers[way] == static_cast<uint8_t>(newcomer)) own |= only(way);
  const unsigned oldest = directory_.order.oldest();
  const bool counts = now - lines_[oldest].line.start <= window;
  return std::popcount(own) >= (counts ? kMost : kNearlyAll) ? directory_.order.oldest_of(own) : oldest;
}

void Bucket::take_for_more(unsigned way, const Request& request) {
  take(way, request);
  remove(directory_.latest, way);
  remove(directory_.records, way);
  directory_.more |= only(way);
}

void Bucket::reinstate(unsigned way) { put(directory_.latest, directory_.latest | only(way)); }

void Bucket::forget_record(unsigned way) { remove(directory_.records, way); }

void Bucket::free(unsigned way) {
  put(directory_.tags[way], 0);
  remove(directory_.latest, way);
  remove(directory_.records, way);
  remove(directory_.more, way);
  directory_.order.free(way);
}

}  // namespace relaysieve
