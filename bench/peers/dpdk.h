// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace relaysieve::bench {

// Starts DPDK, once in a process. Returns the number (a NUMA node's, to DPDK) of memory that lies in transparent huge
// pages like our own tables: it needs neither root nor pages set aside. Throws std::runtime_error.
int dpdk_memory();

// Bytes of it that are in use.
size_t dpdk_bytes();

}  // namespace relaysieve::bench
