// SPDX-License-Identifier: Apache-2.0
#include "memory.h"

namespace relaysieve {
namespace {

// The line of a client's latest transmission is as it was when a copy was forwarded.
bool still_stands(Bucket& bucket, unsigned way, unsigned count) {
  return (bucket.latest() & only(way)) != 0 && bucket[way].count == count;
}

// A transmission that began is undone: the client stands as before.
void take_back(Bucket& bucket, unsigned way, const Undo& trace) {
  if (!still_stands(bucket, way, trace.count) || trace.client == kNowhere) return bucket.free(way);
  const unsigned before = bucket.way(trace.client);
  if (before != way && (bucket.records() & only(before)) != 0 &&
      bucket[before].key.same_client(bucket[way].key) && bucket[before].count == trace.before.count) {
    bucket.free(way);
    return bucket.reinstate(before);
  }
  const unsigned more = bucket.more_of(way);
  bucket[way].restore(trace.start, trace.before);
  if (more != kWays) bucket.more_relays(more).start = trace.start;  // its second line stays its own
  bucket.forget_record(way);
}

}  // namespace

void Memory::undo(const Undo& trace) {
  if (trace.what == Undo::What::nothing) return;
  Bucket bucket = window_.bucket_at(trace.record);
  const Bucket::Hold hold = window_.hold(bucket);
  const unsigned way = bucket.way(trace.record);
  Line& line = bucket[way];
  const RelaySet relay = bucket.relays(way).find(trace.relay) & line.brought;
  if ((bucket.records() & only(way)) == 0 || line.key.message != trace.message || line.count != trace.count ||
      relay == 0)
    return;
  if (trace.what == Undo::What::transmission) return take_back(bucket, way, trace);

  const unsigned client = trace.client != kNowhere ? bucket.way(trace.client) : kWays;
  const bool stands = client != kWays && still_stands(bucket, client, trace.client_count);
  if (stands) bucket[client].won = trace.before.won;
  if (trace.what == Undo::What::relay) {
    line.brought &= static_cast<RelaySet>(~relay);
    if (stands && bucket[client].count == static_cast<uint8_t>(line.count + 1))  // the client's next one
      bucket[client].previous &= static_cast<RelaySet>(~bucket.relays(client).find(trace.relay));
  } else if (client == way)
    bucket.forget_record(way);
  else
    bucket.free(way);
}

void Memory::clear(Duration window) {
  window_.clear();
  forgotten_.clear(window);
}

}  // namespace relaysieve
