// SPDX-License-Identifier: Apache-2.0
#include "peers/rte_hash_window.h"

#include <rte_errno.h>
#include <rte_hash.h>

#include <array>
#include <stdexcept>
#include <string>

#include "peers/dpdk.h"

namespace relaysieve::bench {
namespace {

hash_sig_t hash_of(uint64_t key) { return static_cast<hash_sig_t>(key); }  // it is a hash

rte_hash* create(size_t entries) {
  static int serial = 0;
  const std::string name = "window" + std::to_string(++serial);
  rte_hash_parameters parameters{};
  parameters.name = name.c_str();
  parameters.entries = static_cast<uint32_t>(entries);
  parameters.key_len = sizeof(uint64_t);
  parameters.socket_id = dpdk_memory();
  parameters.extra_flag = RTE_HASH_EXTRA_FLAGS_RW_CONCURRENCY_LF;
  rte_hash* hash = rte_hash_create(&parameters);
  if (hash == nullptr) throw std::runtime_error(std::string("rte_hash: ") + rte_strerror(rte_errno));
  return hash;
}

}  // namespace

RteHashWindow::RteHashWindow(const FrameMaker&, const Mix& mix)
    : bytes_(dpdk_bytes()),
      hash_(create(roomy(mix))),
      records_(static_cast<size_t>(rte_hash_max_key_id(hash_)) + 1, Pages::resident),
      order_(mix.clients, Pages::resident) {
  bytes_ = dpdk_bytes() - bytes_ + records_.size() * sizeof(PeerRecord) + order_.size() * sizeof(int32_t);
}

RteHashWindow::~RteHashWindow() { rte_hash_free(hash_); }

uint64_t RteHashWindow::decide(size_t at) {
  std::array<uint64_t, kBurst> keys;
  std::array<const void*, kBurst> pointers;
  std::array<hash_sig_t, kBurst> hashes;
  std::array<int32_t, kBurst> places;
  for (size_t i = 0; i < kBurst; ++i) {
    keys[i] = transmission_of(requests_[at + i]);
    pointers[i] = &keys[i];
    hashes[i] = hash_of(keys[i]);
    __builtin_prefetch(&records_[order_[(oldest_ + i) % order_.size()]], 1);
  }
  rte_hash_lookup_with_hash_bulk(hash_, pointers.data(), hashes.data(), kBurst, places.data());
  for (const int32_t place : places)
    if (place >= 0) __builtin_prefetch(&records_[place], 1);
  uint64_t drops = 0;
  for (size_t i = 0; i < kBurst; ++i)
    drops += judge(requests_[at + i], keys[i], places[i], requests_.time(at + i));
  return drops;
}

// Whether it is dropped. `place` is from before the burst: what has changed since shows in the record's key.
bool RteHashWindow::judge(const Request& request, uint64_t key, int32_t place, Time now) {
  if (place < 0 || records_[place].key != key) {
    if (size_ == order_.size()) forget_oldest();
    place = rte_hash_add_key_with_hash(hash_, &key, hash_of(key));
    if (place < 0) return false;  // full: in doubt, forward
    if (records_[place].key != key) {
      records_[place].begin(key, request.router, now);
      order_[(oldest_ + size_++) % order_.size()] = place;
      return false;
    }
  }
  return records_[place].join(request.router, now);
}

void RteHashWindow::forget_oldest() {
  const int32_t place = order_[oldest_];
  uint64_t& key = records_[place].key;
  rte_hash_del_key_with_hash(hash_, &key, hash_of(key));
  rte_hash_free_key_with_position(hash_, place);
  key = 0;
  oldest_ = (oldest_ + 1) % order_.size();
  --size_;
}

size_t RteHashWindow::clients(Time) const { return static_cast<size_t>(rte_hash_count(hash_)); }

}  // namespace relaysieve::bench
