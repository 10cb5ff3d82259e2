// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "copy.h"
#include "memory.h"
#include "relay_list.h"

namespace relaysieve {

// One copy meets the memory, while its bucket is locked: the whole rule, and what it leaves behind.
class Observation {
 public:
  Observation(Forgotten& forgotten, Bucket bucket, const Copy& copy, Verdict& verdict)
      : forgotten_(forgotten), copy_(copy), verdict_(verdict), bucket_(bucket) {}

  void judge();

 private:
  static constexpr unsigned kNone = kWays;

  void find();
  void meet();                  // a request that is not in the window
  void join();                  // a copy of a known transmission from a relay that had not brought it yet
  void begin(unsigned place);   // a transmission: forward its first copy, unless it is another relay's turn
  void repeats(Reason reason);  // a copy of `record_`

  // Why a copy counts as the first of a transmission.
  Reason first();
  Reason beside(Reason reason, unsigned like);
  Reason recall();  // what the forgotten know of a request that is not in the window

  unsigned room();
  MoreRelays* room_for_more(unsigned way);
  void evict(unsigned way);

  Line& line(unsigned way) { return bucket_[way]; }
  Duration age(unsigned way) { return copy_.now - bucket_[way].start; }
  RelaySet bit_for_relay(unsigned way);
  RelaySet make_room_for_relay(unsigned way);
  void free_more_of(unsigned way);
  bool is_left(unsigned latest, unsigned place) const;
  void carry_more(unsigned place, unsigned more_before, const MoreRelays& relays);

  Forgotten& forgotten_;
  const Copy& copy_;
  Verdict& verdict_;
  Bucket bucket_;

  // Ways of the bucket:
  unsigned record_ = kNone;  // that holds this transmission, whatever its age
  unsigned latest_ = kNone;  // that says how the client stands
  unsigned spent_ = kNone;   // of the client, that holds nothing of use but how it stands
  unsigned past_ = kNone;    // of the client, whose window has ended
  Ways tagged_;              // that may be the client's, in whatever scope
};

}  // namespace relaysieve
