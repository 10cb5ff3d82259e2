// SPDX-License-Identifier: Apache-2.0
#include "lookout/pcapng_writer.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <string>

namespace relaysieve::test {
namespace {

uint32_t word(const std::string& block, size_t at) {
  uint32_t value = 0;
  std::memcpy(&value, block.data() + at, sizeof value);
  return value;
}

// Of every block (draft-ietf-opsawg-pcapng s3.1): its length, in fours, stands at both ends.
void expect_whole(const std::string& block, uint32_t kind) {
  ASSERT_GE(block.size(), 12u);
  EXPECT_EQ(word(block, 0), kind);
  EXPECT_EQ(block.size() % 4, 0u);
  EXPECT_EQ(word(block, 4), block.size());
  EXPECT_EQ(word(block, block.size() - 4), block.size());
}

TEST(PcapngTest, BlocksAreWholeWhateverIsInThem) {
  for (size_t size = 0; size < 9; ++size) {
    const std::string text(size, 'x');
    const std::array<uint8_t, 8> bytes{};
    expect_whole(pcapng::section(text), 0x0a0d0d0a);
    expect_whole(pcapng::interface(text, 60), 1);
    expect_whole(pcapng::packet({.bytes = std::span(bytes).first(size % 8), .length = 60, .comment = text}),
                 6);
    expect_whole(pcapng::statistics(1, {}, {.delivered = size, .lost = 1}), 5);
  }
}

TEST(PcapngTest, APacket) {
  const std::array<uint8_t, 5> bytes = {1, 2, 3, 4, 5};
  const std::string block = pcapng::packet({.interface = 3,
                                            .time = Time(0x1'2345'6789),
                                            .bytes = bytes,
                                            .length = 9,
                                            .lost_before = 7,
                                            .comment = "why"});
  EXPECT_EQ(word(block, 8), 3u);
  EXPECT_EQ(word(block, 12), 1u);            // the time's upper half
  EXPECT_EQ(word(block, 16), 0x23456789u);   // and its lower
  EXPECT_EQ(word(block, 20), bytes.size());  // kept
  EXPECT_EQ(word(block, 24), 9u);            // on the wire
  EXPECT_EQ(block.substr(28, 8), std::string("\1\2\3\4\5\0\0\0", 8));
  EXPECT_EQ(word(block, 36), 3u << 16 | 1);  // opt_comment
  EXPECT_EQ(block.substr(40, 4), std::string("why\0", 4));
  EXPECT_EQ(word(block, 44), 4u << 16 | 2);  // epb_flags
  EXPECT_EQ(word(block, 48), 1u);            // inbound
  EXPECT_EQ(word(block, 52), 8u << 16 | 4);  // epb_dropcount
  EXPECT_EQ(word(block, 56), 7u);
  EXPECT_EQ(word(block, 64), 0u);  // opt_endofopt
}

TEST(PcapngTest, NothingWasLostNothingIsSaid) {
  const std::string block = pcapng::packet({.bytes = {}, .comment = "why"});
  EXPECT_EQ(word(block, 44), 0u);
}

TEST(PcapngTest, ACommentThatIsTooLongIsCut) {
  const std::string text(70'000, 'x');
  expect_whole(pcapng::packet({.bytes = {}, .comment = text}), 6);
}

}  // namespace
}  // namespace relaysieve::test
