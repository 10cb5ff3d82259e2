// SPDX-License-Identifier: Apache-2.0
#include "peers/rte_member_window.h"

#include <rte_errno.h>
#include <rte_member.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>

#include "peers/dpdk.h"

namespace relaysieve::bench {
namespace {

// A set's number, 1..32767: the half second modulo 4,095, above three bits of the relay.
constexpr unsigned kRelayBits = 3, kEpochs = 4095;
constexpr unsigned kWindow = 2;  // half seconds

unsigned epoch_of(Time now) { return static_cast<unsigned>(now / std::chrono::milliseconds(500) % kEpochs); }
member_set_t set_of(uint32_t relay, unsigned epoch) {
  return static_cast<member_set_t>((epoch + 1) << kRelayBits | relay >> (32 - kRelayBits));
}
bool in_window(member_set_t set, unsigned epoch) {
  return set != RTE_MEMBER_NO_MATCH && (epoch + kEpochs + 1 - (set >> kRelayBits)) % kEpochs <= kWindow;
}

rte_member_setsum* create(size_t entries) {
  static int serial = 0;
  const std::string name = "set" + std::to_string(++serial);
  rte_member_parameters parameters{};
  parameters.name = name.c_str();
  parameters.type = RTE_MEMBER_TYPE_HT;
  parameters.is_cache = 1;
  parameters.num_keys = static_cast<uint32_t>(entries);
  parameters.key_len = sizeof(uint64_t);
  parameters.prim_hash_seed = 1;
  parameters.sec_hash_seed = 2;
  parameters.socket_id = dpdk_memory();
  rte_member_setsum* set = rte_member_create(&parameters);
  if (set == nullptr) throw std::runtime_error(std::string("rte_member: ") + rte_strerror(rte_errno));
  return set;
}

}  // namespace

RteMemberWindow::RteMemberWindow(const FrameMaker&, const Mix& mix)
    : bytes_(dpdk_bytes()), set_(create(roomy(mix))), order_(mix.clients, Pages::resident) {
  bytes_ = dpdk_bytes() - bytes_ + order_.size() * sizeof(Known);
}

RteMemberWindow::~RteMemberWindow() { rte_member_free(set_); }

// A transmission; the oldest makes room.
void RteMemberWindow::begin(uint64_t key, uint16_t set) {
  Known& oldest = order_[oldest_];
  if (oldest.key != 0) rte_member_delete(set_, &oldest.key, oldest.set);
  oldest = {key, set};
  oldest_ = (oldest_ + 1) % order_.size();
  rte_member_add(set_, &key, set);
}

uint64_t RteMemberWindow::decide(size_t at) {
  std::array<uint64_t, kBurst> keys;
  std::array<const void*, kBurst> pointers;
  std::array<member_set_t, kBurst> sets;
  for (size_t i = 0; i < kBurst; ++i) {
    keys[i] = transmission_of(requests_[at + i]);
    pointers[i] = &keys[i];
  }
  rte_member_lookup_bulk(set_, pointers.data(), kBurst, sets.data());
  uint64_t drops = 0;
  for (size_t i = 0; i < kBurst; ++i) {
    const unsigned epoch = epoch_of(requests_.time(at + i));
    if (in_window(sets[i], epoch)) {
      ++drops;
    } else {
      begin(keys[i], set_of(requests_[at + i].router, epoch));
    }
  }
  return drops;
}

// Those of whom it still knows what they asked.
size_t RteMemberWindow::clients(Time) const {
  return static_cast<size_t>(std::count_if(&order_[0], &order_[0] + order_.size(), [&](const Known& known) {
    member_set_t set = RTE_MEMBER_NO_MATCH;
    return known.key != 0 && rte_member_lookup(set_, &known.key, &set) > 0 && set == known.set;
  }));
}

}  // namespace relaysieve::bench
