// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "relaysieve/address.h"
#include "relaysieve/family.h"
#include "relaysieve/frame.h"
#include "relaysieve/policy.h"
#include "relaysieve/time.h"
#include "relaysieve/verdict.h"

namespace relaysieve {

// What the memory holds: transmissions begun in the last 5 s (kLateHorizon), clients heard in the last 70 s
// (kClientHorizon). A client takes one line of the table, and one more for each further transmission in 5 s.
struct Occupancy {
  size_t transmissions = 0;
  size_t clients = 0;
};

// The whole rule behind one door: bursts of frames in, verdicts out. It knows neither DPDK nor libpcap nor a
// clock, allocates nothing after construction, throws nothing, and takes no lock that another thread can hold for
// longer than one decision.
//
// Many threads, one table: a NIC spreads a request's copies over queues, and so over cores, because their relays'
// addresses differ. Each bucket of the table has a lock, and a decision is made while it is held. It lies in the
// cache line that the look-up reads anyway, and costs 5 ns of a decision's 20 (tables in the cache; of some 150
// from memory); 20 to 50 ns more where two cores keep meeting in a line: in a table that fits the cache, and for the
// copies of one request, which have to wait for each other in any case. Handing each request to the core that owns
// its client costs 400 ns there and back at the least, and two cores for one frame. bench/sharing_bench measures both.
class Filter {
 public:
  struct Options {
    size_t clients = 262'144;  // capacity, 64 .. 16 Mi; 91 bytes each, all in
    uint64_t seed = 0;         // key of all hashes; 0 = draw one from the system
    bool resident = false;     // take all memory at once: a daemon, whose frames must not wait for it
  };

  // Throws std::bad_alloc where there is not enough memory.
  Filter(std::shared_ptr<const Policy> policy, Options options);
  explicit Filter(std::shared_ptr<const Policy> policy) : Filter(std::move(policy), Options()) {}
  Filter(Filter&&) noexcept;
  ~Filter();

  // A filter for another thread: its own policy and scratch, the same memory. Of two copies judged on two
  // threads in the same instant exactly one passes. One Filter must not be used by two threads at once.
  Filter share() const;

  // Judges frames of the routers' side, in order. `verdicts` must be at least as long as `frames`. A request
  // whose time is before an earlier one's counts as simultaneous with it.
  void judge(std::span<const Frame> frames, std::span<Verdict> verdicts);
  Verdict judge(const Frame& frame);

  // To be called when the transmit side refused a frame that was forwarded: it was never delivered, so the
  // next copy must pass. Does nothing for verdicts that left no trace.
  void undo(const Verdict& verdict);

  // From the next burst on; records are kept.
  void adopt(std::shared_ptr<const Policy> policy);
  // For all who share the memory, and while they judge. Once a filter has adopted a policy with another window:
  // what has been evicted under the old one is let go of.
  void retune();
  // For all, too: forgets every record and client. It may take a second, so it is not for the thread that has
  // frames waiting.
  void flush();
  const Policy& policy() const;

  // The probability that a first copy is taken for one that had to be evicted, and dropped: 0 without a flood, and
  // never above 0.0013. For any thread.
  double false_positives(Time now) const;
  // For any thread, which takes no lock and some milliseconds. In tables of more than 380,000 clients by a sample.
  Occupancy occupancy(Time now) const;
  size_t bytes() const;  // of the memory, used or not

 private:
  struct Rooms;
  explicit Filter(std::unique_ptr<Rooms> rooms);
  std::unique_ptr<Rooms> rooms_;
};

// Who brought a frame, in words fit for a report. Meaningful where Verdict::request is set.
struct RelayName {
  uint16_t port = 0;
  uint8_t mac[6] = {};
  Address ip;
  Address giaddr;  // of DHCPv6: link-address

  Family family() const { return ip.is_ip4() ? Family::v4 : Family::v6; }
};
RelayName relay_of(const Frame& frame);

}  // namespace relaysieve
