// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "memory.h"
#include "relay_list.h"

namespace relaysieve {

// One copy meets the memory, while its bucket is locked: the rule, and what it leaves behind.
class Observation {
 public:
  // Verdict's `action`, `request` and `router` are the caller's; the rest is written by judge().
  Observation(Memory& memory, const Request& request, Time now, uint64_t number, const Policy& policy,
              Verdict& verdict)
      : forgotten_(memory.forgotten_),
        request_(request),
        key_(request, now),
        relay_(id_of(request.relay)),
        now_(now),
        number_(number),
        policy_(policy),
        verdict_(verdict),
        bucket_(memory.window_.open(request.who)) {}

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
  Duration age(unsigned way) { return now_ - bucket_[way].key.start; }
  RelaySet bit_for_relay(unsigned way);
  RelaySet make_room_for_relay(unsigned way);
  void free_more_of(unsigned way);
  void carry_more(unsigned place, unsigned more_before, const MoreRelays& relays);
  void leave_undo(Undo::What what, unsigned record, unsigned client);

  Forgotten& forgotten_;
  const Request& request_;
  const LineKey key_;
  const RelayId relay_;
  const Time now_;
  const uint64_t number_;
  const Policy& policy_;
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
