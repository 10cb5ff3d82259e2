// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "ports/file_prefix.h"
#include "ports/watchers.h"

struct rte_mempool;

namespace relaysieve {

// What holds one frame, DPDK's headroom included: the longest frame that is carried has 10,112 bytes.
inline constexpr size_t kFrameBuffer = 10'240;

// Where frames lie.
enum class FrameMemory : uint8_t {
  ordinary,  // slower, and a NIC cannot be a DPDK port
  huge_pages,
  shared_huge_pages,  // on a mounted hugetlbfs: dpdk-dumpcap and dpdk-pdump can watch
};

// DPDK, started. It is to outlive the ports.
class Environment {
 public:
  // Once in a process. On huge pages if there are enough for the frames of these ports with so many queues each,
  // shared ones if they can be; else on ordinary memory. Of the PCI bus only the ports named are touched.
  static absl::StatusOr<Environment> start(const std::vector<std::string>& ports, unsigned queues);

  // Where a port's frames lie: for a NIC on its own NUMA node.
  rte_mempool* pool(const std::string& port) const;
  FrameMemory memory() const { return memory_; }
  // What an operator should know of it, in one line.
  std::string report() const;
  // Now and then: see Watchers.
  void forget_dead_watchers();

 private:
  Environment(std::optional<FilePrefix> prefix, FrameMemory memory, uint64_t bytes)
      : prefix_(std::move(prefix)), memory_(memory), bytes_(bytes) {}
  absl::Status make_pools(const std::map<int, unsigned>& frames);

  std::optional<FilePrefix> prefix_;  // none: DPDK's tools cannot find this process
  FrameMemory memory_;
  uint64_t bytes_;  // needed
  Watchers watchers_;
  std::map<int, rte_mempool*> pools_;  // by NUMA node
};

// For a worker's thread: frames at hand of its own. DPDK finds them by a thread's number (lcore). Ours are counted
// from the top, because the tools that watch count theirs from the bottom and look into the same memory;
// rte_thread_register() counts from the bottom too, and locks the tools out.
void number_thread(unsigned worker);

// The first thing DPDK had to say since the last call: the cause, when one of its calls has failed.
std::string dpdk_complaint();

}  // namespace relaysieve
