// SPDX-License-Identifier: Apache-2.0
#include "ports/environment.h"

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_log.h>
#include <rte_mbuf.h>
#include <sched.h>
#include <spdlog/spdlog.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace relaysieve {
namespace {

// Two ports' bursts, the rings of two NICs (512 descriptors each way), and the worker's cache.
constexpr unsigned kFrames = 4095;
constexpr unsigned kCache = 256;
constexpr uint64_t kMemory = uint64_t{64} << 20;

std::mutex complaint_mutex;
std::string complaint;

// DPDK writes its log here, message by message. It goes to ours at level debug, and the first complaint is kept.
ssize_t take_log(void*, const char* text, size_t size) {
  std::string_view line(text, size);
  while (!line.empty() && line.back() == '\n') line.remove_suffix(1);
  if (line.empty()) return static_cast<ssize_t>(size);
  spdlog::debug("dpdk: {}", line);
  const std::lock_guard lock(complaint_mutex);
  if (complaint.empty() && rte_log_cur_msg_loglevel() <= static_cast<int>(RTE_LOG_ERR)) complaint = line;
  return static_cast<ssize_t>(size);
}

uint64_t free_huge_memory() {
  namespace fs = std::filesystem;
  uint64_t bytes = 0;
  std::error_code none;
  for (const auto& size : fs::directory_iterator("/sys/kernel/mm/hugepages", none)) {
    uint64_t kilobytes = 0;
    uint64_t pages = 0;
    std::sscanf(size.path().filename().c_str(), "hugepages-%lukB", &kilobytes);
    std::ifstream(size.path() / "free_hugepages") >> pages;
    bytes += pages * kilobytes << 10;
  }
  return bytes;
}

// All the processors this process may use, for its one EAL thread: binding is not the environment's business.
std::string processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  sched_getaffinity(0, sizeof set, &set);
  std::vector<int> numbers;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
    if (CPU_ISSET(cpu, &set)) numbers.push_back(cpu);
  return absl::StrCat("0@(", absl::StrJoin(numbers, ","), ")");
}

std::vector<std::string> arguments(const std::vector<std::string>& pci_addresses, bool huge_pages) {
  std::vector<std::string> words = {"relaysieved", "--no-telemetry", "--lcores", processors()};
  if (pci_addresses.empty()) words.push_back("--no-pci");
  for (const std::string& address : pci_addresses) words.insert(words.end(), {"-a", address});
  // Either way nothing of ours lies in /run/dpdk or on hugetlbfs, and any number of daemons can run.
  if (huge_pages) {
    words.push_back("--in-memory");
  } else {
    words.insert(words.end(), {"--no-huge", "-m", absl::StrCat(kMemory >> 20), "--no-shconf"});
  }
  return words;
}

}  // namespace

absl::StatusOr<Environment> start_environment(const std::vector<std::string>& pci_addresses) {
  cookie_io_functions_t log{};
  log.write = take_log;
  FILE* stream = fopencookie(nullptr, "w", log);
  setvbuf(stream, nullptr, _IOLBF, 0);
  rte_openlog_stream(stream);

  const bool huge_pages = free_huge_memory() >= kMemory;
  std::vector<std::string> words = arguments(pci_addresses, huge_pages);
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  if (rte_eal_init(static_cast<int>(argv.size()), argv.data()) < 0)
    return absl::InternalError(absl::StrCat("DPDK does not start: ", dpdk_complaint()));

  rte_mempool* pool = rte_pktmbuf_pool_create("frames", kFrames, kCache, 0, kFrameBuffer, SOCKET_ID_ANY);
  if (pool == nullptr)
    return absl::InternalError(absl::StrCat("no memory for ", kFrames, " frames: ", rte_strerror(rte_errno)));
  return Environment{pool, huge_pages};
}

std::string dpdk_complaint() {
  const std::lock_guard lock(complaint_mutex);
  return std::exchange(complaint, "");
}

}  // namespace relaysieve
