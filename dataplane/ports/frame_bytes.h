// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <rte_mbuf.h>

#include <cstdint>
#include <span>

namespace relaysieve {

inline const uint8_t* destination_of(const rte_mbuf* frame) {
  return rte_pktmbuf_mtod(frame, const uint8_t*);
}
inline const uint8_t* source_of(const rte_mbuf* frame) { return destination_of(frame) + 6; }
// Of a frame in several pieces the first: 2 KB and more.
inline std::span<const uint8_t> bytes_of(const rte_mbuf* frame) {
  return {destination_of(frame), frame->data_len};
}

}  // namespace relaysieve
