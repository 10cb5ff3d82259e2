// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

struct nft_ctx;

namespace relaysieve {

// Keeps the box's own kernel off the wire: an nftables table that drops, on these interfaces, all that would
// enter its network stack (packet sockets are served before) and all that leaves without kMark: ARP, neighbour
// discovery, answers to ping. The kernel removes the table with the process that holds it, however that ends.
class Barrier {
 public:
  static constexpr uint32_t kMark = 0x72737663;  // SO_MARK of the ports' sockets; no frame leaves with it

  // To be made before the ports. The kernel closes a dead process's files in the order of their numbers, and a port's
  // takes its time: what has to take over (deploy/fallback-bridge) should not wait for that.
  static absl::StatusOr<std::unique_ptr<Barrier>> make();
  absl::Status raise(const std::vector<std::string>& interfaces);
  ~Barrier();
  Barrier(const Barrier&) = delete;
  Barrier& operator=(const Barrier&) = delete;

 private:
  explicit Barrier(nft_ctx* context) : context_(context) {}
  nft_ctx* context_;  // its netlink socket owns the table
};

}  // namespace relaysieve
