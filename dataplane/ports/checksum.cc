// SPDX-License-Identifier: Apache-2.0
#include "ports/checksum.h"

#include <rte_byteorder.h>
#include <rte_ip.h>
#include <rte_mbuf.h>
#include <rte_net.h>
#include <rte_tcp.h>
#include <rte_udp.h>

#include <cstddef>
#include <cstring>
#include <optional>

namespace relaysieve {
namespace {

// Where TCP or UDP lies in a frame.
struct Segment {
  const char* ip;
  char* start;
  size_t length;
  size_t checksum_at;
  bool ipv4;

  uint16_t checksum() const {
    uint16_t value;
    std::memcpy(&value, start + checksum_at, sizeof value);
    return value;
  }
  // One's complement sums, as they lie in memory.
  uint16_t pseudo_header() const {
    return ipv4 ? rte_ipv4_phdr_cksum(reinterpret_cast<const rte_ipv4_hdr*>(ip), 0)
                : rte_ipv6_phdr_cksum(reinterpret_cast<const rte_ipv6_hdr*>(ip), 0);
  }
  uint16_t sum() const { return rte_raw_cksum(start, length); }
};

std::optional<Segment> segment_of(rte_mbuf* frame) {
  rte_net_hdr_lens lengths{};
  const uint32_t type =
      rte_net_get_ptype(frame, &lengths, RTE_PTYPE_L2_MASK | RTE_PTYPE_L3_MASK | RTE_PTYPE_L4_MASK);
  const bool udp = (type & RTE_PTYPE_L4_MASK) == RTE_PTYPE_L4_UDP;
  const bool tcp = (type & RTE_PTYPE_L4_MASK) == RTE_PTYPE_L4_TCP;
  if ((!udp && !tcp) || frame->nb_segs > 1) return std::nullopt;

  char* ip = rte_pktmbuf_mtod_offset(frame, char*, lengths.l2_len);
  Segment segment{.ip = ip,
                  .start = ip + lengths.l3_len,
                  .length = 0,
                  .checksum_at = udp ? offsetof(rte_udp_hdr, dgram_cksum) : offsetof(rte_tcp_hdr, cksum),
                  .ipv4 = RTE_ETH_IS_IPV4_HDR(type) != 0};
  if (segment.ipv4) {
    const size_t total = rte_be_to_cpu_16(reinterpret_cast<const rte_ipv4_hdr*>(ip)->total_length);
    segment.length = total > lengths.l3_len ? total - lengths.l3_len : 0;
  } else {
    if (lengths.l3_len != sizeof(rte_ipv6_hdr)) return std::nullopt;  // extension headers
    segment.length = rte_be_to_cpu_16(reinterpret_cast<const rte_ipv6_hdr*>(ip)->payload_len);
  }
  const size_t header = udp ? sizeof(rte_udp_hdr) : sizeof(rte_tcp_hdr);
  const size_t room = frame->data_len - lengths.l2_len - lengths.l3_len;
  if (segment.length < header || segment.length > room) return std::nullopt;
  return segment;
}

void finish(Segment& segment) {
  auto checksum = static_cast<uint16_t>(~segment.sum());
  if (checksum == 0) checksum = 0xffff;  // in UDP 0 means that there is none (RFC 768)
  std::memcpy(segment.start + segment.checksum_at, &checksum, sizeof checksum);
}

}  // namespace

bool finish_checksum(rte_mbuf* frame) {
  std::optional<Segment> segment = segment_of(frame);
  if (segment) finish(*segment);
  return segment.has_value();
}

bool finish_checksum_if_left(rte_mbuf* frame) {
  std::optional<Segment> segment = segment_of(frame);
  if (!segment) return false;
  const uint16_t left = segment->pseudo_header();
  if (segment->checksum() != left) return false;
  const uint32_t all = uint32_t{left} + segment->sum();
  if (static_cast<uint16_t>(all + (all >> 16)) == 0xffff) return false;  // it is finished, and right
  finish(*segment);
  return true;
}

}  // namespace relaysieve
