// SPDX-License-Identifier: Apache-2.0
// Checksums that senders leave to a NIC, judged by RFC 1071 as written out in the tests' support.
#include "ports/checksum.h"

#include <gtest/gtest.h>
#include <rte_mbuf.h>

#include <algorithm>

#include "support/bytes.h"

namespace relaysieve::test {
namespace {

enum class Family { ipv4, ipv6 };
constexpr unsigned kTcp = 6, kUdp = 17;

struct Packet {
  Bytes bytes;
  size_t segment_at = 0, checksum_at = 0;
  uint16_t pseudo_header = 0;  // its sum, not complemented

  // What the field must hold for the receiver to take the packet (RFC 768, RFC 9293).
  uint16_t right() const {
    Bytes segment(bytes.begin() + segment_at, bytes.end());
    overwrite16(segment, checksum_at - segment_at, 0);
    const uint16_t sum = internet_checksum(segment, pseudo_header);
    return sum == 0 ? 0xffff : sum;
  }
  uint16_t field() const { return static_cast<uint16_t>(bytes[checksum_at] << 8 | bytes[checksum_at + 1]); }
  void set(unsigned value) { overwrite16(bytes, checksum_at, value); }
};

Packet packet(Family family, unsigned protocol, size_t payload, unsigned tags = 0) {
  const size_t length = (protocol == kUdp ? 8 : 20) + payload;
  Packet packet;
  Bytes& b = packet.bytes;
  put(b, Bytes(12, 2));
  for (; tags > 0; --tags) put16(b, tags > 1 ? 0x88a8 : 0x8100), put16(b, 5);
  Bytes pseudo;
  if (family == Family::ipv4) {
    put16(b, 0x0800), put16(b, 0x4500), put16(b, static_cast<unsigned>(20 + length)), put32(b, 0);
    put8(b, 64), put8(b, protocol), put16(b, 0), put32(b, "10.30.0.2"_ip), put32(b, "10.30.0.10"_ip);
    put32(pseudo, "10.30.0.2"_ip), put32(pseudo, "10.30.0.10"_ip);
  } else {
    put16(b, 0x86dd), put32(b, 0x60000000), put16(b, static_cast<unsigned>(length)), put8(b, protocol),
        put8(b, 64);
    for (int i = 0; i < 8; ++i) put32(b, 0x20010db8), put32(pseudo, 0x20010db8);
  }
  put32(pseudo, static_cast<uint32_t>(length)), put32(pseudo, protocol);
  packet.pseudo_header = static_cast<uint16_t>(~internet_checksum(pseudo));
  packet.segment_at = b.size();
  put16(b, 67), put16(b, 67);
  if (protocol == kUdp) {
    put16(b, static_cast<unsigned>(length)), put16(b, 0);
    packet.checksum_at = b.size() - 2;
  } else {
    put32(b, 1), put32(b, 2), put16(b, 0x5010), put16(b, 1000), put16(b, 0), put16(b, 0);
    packet.checksum_at = b.size() - 4;
  }
  for (size_t i = 0; i < payload; ++i) put8(b, static_cast<unsigned>(i * 7 + 3) & 0xff);
  packet.set(packet.pseudo_header);  // as a sender leaves it
  return packet;
}

// The packet as a frame of DPDK's; what is done to that is done to the packet.
template <typename Done>
bool as_frame(Packet& packet, Done done) {
  rte_mbuf frame{};
  frame.buf_addr = packet.bytes.data();
  frame.buf_len = static_cast<uint16_t>(packet.bytes.size());
  frame.data_len = frame.buf_len;
  frame.pkt_len = frame.data_len;
  frame.nb_segs = 1;
  return done(&frame);
}

TEST(Checksum, IsFinishedForEveryProtocolAndLength) {
  for (const Family family : {Family::ipv4, Family::ipv6})
    for (const unsigned protocol : {kTcp, kUdp})
      for (const unsigned tags : {0u, 1u, 2u})
        for (const size_t payload : {0, 1, 18, 301, 1400}) {
          SCOPED_TRACE(testing::Message()
                       << "protocol " << protocol << ", payload " << payload << ", tags " << tags);
          Packet known = packet(family, protocol, payload, tags);
          Packet guessed = known;
          ASSERT_NE(known.field(), known.right());
          EXPECT_TRUE(as_frame(known, finish_checksum));
          EXPECT_EQ(known.field(), known.right());
          EXPECT_TRUE(as_frame(guessed, finish_checksum_if_left));
          EXPECT_EQ(guessed.bytes, known.bytes);
        }
}

TEST(Checksum, OfZeroIsWrittenAsAllOnes) {
  Packet p = packet(Family::ipv4, kUdp, 2);
  overwrite16(p.bytes, p.bytes.size() - 2, 0);
  overwrite16(p.bytes, p.bytes.size() - 2, p.right());  // now the sum is all ones
  EXPECT_TRUE(as_frame(p, finish_checksum));
  EXPECT_EQ(p.field(), 0xffff);
}

// Nothing is guessed of a frame that is right, that carries no checksum, or that is damaged in another way.
TEST(Checksum, WhatWasNotLeftIsNotTouched) {
  const Packet left = packet(Family::ipv4, kUdp, 301);
  for (const unsigned field : {unsigned{left.right()}, 0u, left.pseudo_header + 1u, left.right() ^ 0x0100u}) {
    Packet sent = left;
    sent.set(field);
    Packet got = sent;
    EXPECT_FALSE(as_frame(got, finish_checksum_if_left));
    EXPECT_EQ(got.bytes, sent.bytes) << field;
  }
}

// The finished checksum happens to be the sum of the pseudo-header.
TEST(Checksum, ARightOneThatLooksLeftIsNotTouched) {
  Packet sent = packet(Family::ipv4, kUdp, 2);
  const auto matches = [&](unsigned last) {
    overwrite16(sent.bytes, sent.bytes.size() - 2, last);
    return sent.right() == sent.pseudo_header;
  };
  unsigned last = 0;
  while (!matches(last)) ASSERT_LT(++last, 0x10000u);
  Packet got = sent;
  EXPECT_FALSE(as_frame(got, finish_checksum_if_left));
  EXPECT_EQ(got.bytes, sent.bytes);
}

TEST(Checksum, OnlyTcpAndUdpInOnePiece) {
  const auto untouched = [](Packet sent) {
    Packet got = sent;
    const bool finished = as_frame(got, finish_checksum);
    return !finished && got.bytes == sent.bytes;
  };
  EXPECT_TRUE(untouched(packet(Family::ipv4, 132, 100)));  // SCTP has a CRC
  Packet fragment = packet(Family::ipv4, kUdp, 100);
  overwrite16(fragment.bytes, 14 + 6, 0x2000);
  EXPECT_TRUE(untouched(fragment));
  const Packet whole = packet(Family::ipv6, kTcp, 100);
  for (size_t length = 0; length < whole.bytes.size(); ++length) {
    Packet cut = whole;
    cut.bytes.resize(length);
    cut.bytes.shrink_to_fit();
    EXPECT_TRUE(untouched(cut)) << length;
  }
}

}  // namespace
}  // namespace relaysieve::test
