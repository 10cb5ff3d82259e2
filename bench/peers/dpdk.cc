// SPDX-License-Identifier: Apache-2.0
#include "peers/dpdk.h"

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_log.h>
#include <rte_malloc.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <iterator>
#include <stdexcept>
#include <string>

#include "slab.h"

namespace relaysieve::bench {
namespace {

constexpr size_t kPage = size_t{2} << 20;
constexpr size_t kBytes = size_t{3} << 30;  // as far as it is touched: tables, and frames
constexpr const char* kHeap = "bench";

void must(bool done, const char* what) {
  if (!done) throw std::runtime_error(std::string("DPDK: ") + what + ": " + rte_strerror(rte_errno));
}

int start() {
  rte_openlog_stream(std::fopen("/dev/null", "w"));  // it tells what it does not find
  std::array<char[24], 7> words = {"relaysieve_bench", "--no-huge",     "-m", "64", "--no-pci",
                                   "--no-shconf",      "--no-telemetry"};
  std::array<char*, std::size(words)> argv;
  for (size_t i = 0; i < argv.size(); ++i) argv[i] = words[i];
  must(rte_eal_init(static_cast<int>(argv.size()), argv.data()) >= 0, "does not start");

  static Slab<uint8_t> bytes(kBytes + kPage, Pages::lazy);
  auto* first =
      reinterpret_cast<uint8_t*>((reinterpret_cast<uintptr_t>(bytes.begin()) + kPage - 1) / kPage * kPage);
  must(madvise(first, kBytes, MADV_HUGEPAGE) == 0, "huge pages");
  must(rte_malloc_heap_create(kHeap) == 0, "no heap");
  must(rte_malloc_heap_memory_add(kHeap, first, kBytes, nullptr, kBytes / kPage, kPage) == 0, "no memory");
  return rte_malloc_heap_get_socket(kHeap);
}

}  // namespace

int dpdk_memory() {
  static const int number = start();
  return number;
}

size_t dpdk_bytes() {
  rte_malloc_socket_stats stats;
  must(rte_malloc_get_socket_stats(dpdk_memory(), &stats) == 0, "does not count its memory");
  return stats.heap_allocsz_bytes;
}

}  // namespace relaysieve::bench
