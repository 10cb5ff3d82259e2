// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

struct rte_mempool;

namespace relaysieve {

// What holds one frame, DPDK's headroom included: the longest frame that is carried has 10,112 bytes.
inline constexpr size_t kFrameBuffer = 10'240;

struct Environment {
  rte_mempool* pool = nullptr;  // where all frames lie
  bool huge_pages = false;      // without: slower, and a NIC cannot be a DPDK port
};

// Starts DPDK, which a process can do once: on huge pages if 64 MiB of them are free, else on ordinary memory.
// Of the PCI bus only the devices named are touched.
absl::StatusOr<Environment> start_environment(const std::vector<std::string>& pci_addresses);

// The first thing DPDK had to say since the last call: the cause, when one of its calls has failed.
std::string dpdk_complaint();

}  // namespace relaysieve
