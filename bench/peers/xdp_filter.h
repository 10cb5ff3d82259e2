// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "peers/xdp_feed.h"
#include "stream.h"

struct bpf_object;
struct bpf_map;

namespace relaysieve::bench {

// The filter as an XDP program (xdp_filter.bpf.c), run by BPF_PROG_TEST_RUN. One run judges all copies of a batch that have
// the same kind of frame: for each the program writes client, xid and relay into the frame, then judges it as if a driver
// had brought it. What the call and the writing take is measured with a second program, which does nothing else, and taken
// off.
//
// To its advantage: its frame never leaves the first cache, the driver's part is left out, the time is given to it (no
// clock is read), 16 bytes of key. Left out: the content of the request, the server and the VLAN in the key, trusted
// relays, turns, more relays than the first, undo. Against it: the kernel's table does not lie in huge pages.
//
// Its map has room for 1 Mi records at least: in a smaller one the kernel, which passes over 128 records that have been
// looked up for each that it lets go of, comes to the newest before their second copies come.
class XdpFilter {
 public:
  static constexpr bool kRemembers = false;  // the kernel's

  XdpFilter(const FrameMaker& maker, const Mix& mix);
  ~XdpFilter();
  XdpFilter(const XdpFilter&) = delete;
  XdpFilter& operator=(const XdpFilter&) = delete;

  void prepare(const Batch& batch);
  std::chrono::nanoseconds decide_all(uint64_t& drops);
  void settle(const Batch&) {}
  size_t clients(Time) const;

 private:
  struct Run {
    std::vector<uint8_t> frame;
    std::vector<xdp_copy> copies;
  };

  std::chrono::nanoseconds run(int program, const Run& run);

  const FrameMaker& maker_;
  std::unique_ptr<bpf_object, void (*)(bpf_object*)> object_;
  int judge_ = -1, only_feed_ = -1, seen_ = -1;
  xdp_feed* feed_ = nullptr;
  std::map<size_t, Run> runs_;  // by kind of frame
};

}  // namespace relaysieve::bench
