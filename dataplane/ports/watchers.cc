// SPDX-License-Identifier: Apache-2.0
#include "ports/watchers.h"

#include <fcntl.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_mempool.h>
#include <rte_memzone.h>
#include <rte_pdump.h>
#include <rte_ring.h>
#include <spawn.h>
#include <spdlog/spdlog.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"

namespace relaysieve {
namespace {

constexpr const char* kHelper =
    "RELAYSIEVED_RELEASES_WATCHERS_OF";  // in the helper's environment: the file prefix

constexpr std::chrono::seconds kPause{1};  // between two looks

template <typename Visit>
void each_queue(Visit visit) {
  for (uint16_t port = 0; port < RTE_MAX_ETHPORTS; ++port) {
    rte_eth_dev_info about{};
    if (!rte_eth_dev_is_valid_port(port) || rte_eth_dev_info_get(port, &about) != 0) continue;
    for (uint16_t queue = 0; queue < about.nb_rx_queues; ++queue) visit(port, queue, RTE_PDUMP_FLAG_RX);
    for (uint16_t queue = 0; queue < about.nb_tx_queues; ++queue) visit(port, queue, RTE_PDUMP_FLAG_TX);
  }
}

bool someone_watches() {
  bool found = false;
  each_queue([&](uint16_t port, uint16_t queue, uint32_t direction) {
    const auto& ends = rte_eth_fp_ops[port];
    const rte_ethdev_qdata& queues = direction == RTE_PDUMP_FLAG_RX ? ends.rxq : ends.txq;
    found |= queues.clbk != nullptr && __atomic_load_n(&queues.clbk[queue], __ATOMIC_ACQUIRE) != nullptr;
  });
  return found;
}

// Rings and pools as the tools name them.
void free_rings() {
  std::vector<std::string> names;
  rte_memzone_walk(
      [](const rte_memzone* zone, void* to) {
        const std::string_view name = zone->name;
        for (const std::string_view tools : {"RG_dumpcap-", "RG_rx_ring_", "RG_tx_ring_"})
          if (name.starts_with(tools)) static_cast<decltype(names)*>(to)->emplace_back(name.substr(3));
      },
      &names);
  for (const std::string& name : names) rte_ring_free(rte_ring_lookup(name.c_str()));
}

void free_pools() {
  std::vector<rte_mempool*> pools;
  rte_mempool_walk(
      [](rte_mempool* pool, void* to) {
        const std::string_view name = pool->name;
        for (const std::string_view tools : {"capture_", "pdump_pool_"})
          if (name.starts_with(tools)) static_cast<decltype(pools)*>(to)->push_back(pool);
      },
      &pools);
  for (rte_mempool* pool : pools) {
    // How to free its memory is an address in the dead process.
    rte_mempool_memhdr* chunk = nullptr;
    STAILQ_FOREACH(chunk, &pool->mem_list, next) {
      chunk->free_cb = [](rte_mempool_memhdr*, void* zone) {
        rte_memzone_free(static_cast<const rte_memzone*>(zone));
      };
    }
    rte_mempool_free(pool);
  }
}

std::optional<pid_t> start_helper(const std::string& prefix) {
  std::string assignment = absl::StrCat(kHelper, "=", prefix);
  std::vector<char*> variables = {assignment.data()};
  for (char** variable = environ; *variable != nullptr; ++variable) variables.push_back(*variable);
  variables.push_back(nullptr);
  char name[] = "relaysieved";
  char* words[] = {name, nullptr};
  posix_spawn_file_actions_t quiet;
  posix_spawn_file_actions_init(&quiet);
  for (int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    posix_spawn_file_actions_addopen(&quiet, stream, "/dev/null", O_RDWR, 0);
  posix_spawn_file_actions_addclosefrom_np(&quiet, STDERR_FILENO + 1);
  pid_t helper = 0;
  const int error = posix_spawn(&helper, "/proc/self/exe", &quiet, nullptr, words, variables.data());
  posix_spawn_file_actions_destroy(&quiet);
  return error == 0 ? std::optional(helper) : std::nullopt;
}

}  // namespace

void Watchers::forget_the_dead(const FilePrefix& prefix) {
  const auto now = std::chrono::steady_clock::now();
  if (now < next_look_) return;
  next_look_ = now + kPause;
  if (helper_) {
    int status = 0;
    if (waitpid(*helper_, &status, WNOHANG) == 0) return;
    helper_.reset();
    helpless_ = status != 0;
    if (helpless_) spdlog::warn("a killed dpdk-dumpcap or dpdk-pdump cannot be forgotten before a restart");
    return;  // when we look again, no worker is still at a callback
  }
  if (helpless_ || prefix.has_company()) return;
  if (someone_watches()) {
    spdlog::info("who watched has been killed: taking the callbacks back");
    helper_ = start_helper(prefix.name());
    return;
  }
  free_rings();
  free_pools();
}

std::optional<int> help_watchers() {
  const char* prefix = std::getenv(kHelper);
  if (prefix == nullptr) return std::nullopt;
  std::vector<std::string> words = {"relaysieved", "--proc-type=secondary",
                                    absl::StrCat("--file-prefix=", prefix), "--no-pci"};
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  if (rte_eal_init(static_cast<int>(argv.size()), argv.data()) < 0) return 1;
  each_queue([](uint16_t port, uint16_t queue, uint32_t direction) {
    rte_pdump_disable(port, queue, direction);  // -1 where there is none: no matter
  });
  rte_eal_cleanup();
  return 0;
}

}  // namespace relaysieve
