// SPDX-License-Identifier: Apache-2.0
// The keyed hash: the plain form against the standard, and the CPU's own form against the plain one.
#include "keyed_hash.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "support/bytes.h"
#include "support/guard_page.h"

namespace relaysieve::test {
namespace {

constexpr size_t kFront = 32;  // what may be read before the bytes

HashKeys random_keys(uint64_t seed) {
  std::mt19937_64 random(seed);
  HashKeys keys;
  std::array<uint64_t, sizeof keys / 8> numbers;
  for (uint64_t& n : numbers) n = random();
  std::memcpy(&keys, numbers.data(), sizeof keys);
  return keys;
}

Bytes random_bytes(size_t size, uint64_t seed) {
  std::mt19937_64 random(seed);
  Bytes bytes(size);
  for (uint8_t& b : bytes) b = static_cast<uint8_t>(random());
  return bytes;
}

using Halves = std::array<uint64_t, 2>;

template <typename Cpu>
Halves hash(const HashKeys& keys, std::span<const uint8_t> held) {
  const auto h = KeyedHash<Cpu>{keys}.bytes(held.data() + kFront, held.size() - kFront);
  return {Cpu::low(h), Cpu::high(h)};
}

TEST(KeyedHash, ARoundOfFips197) {  // appendix B, from the start of round 1 to that of round 2
  const auto state = [](std::array<uint8_t, 16> bytes) { return Portable::load(bytes.data()); };
  const auto out = Portable::round(state({0x19, 0x3d, 0xe3, 0xbe, 0xa0, 0xf4, 0xe2, 0x2b,    //
                                          0x9a, 0xc6, 0x8d, 0x2a, 0xe9, 0xf8, 0x48, 0x08}),  //
                                   state({0xa0, 0xfa, 0xfe, 0x17, 0x88, 0x54, 0x2c, 0xb1,    //
                                          0x23, 0xa3, 0x39, 0x39, 0x2a, 0x6c, 0x76, 0x05}));
  const auto expected = state({0xa4, 0x9c, 0x7f, 0xf2, 0x68, 0x9f, 0x35, 0x2b,  //
                               0x6b, 0x5b, 0xea, 0x43, 0x02, 0x6a, 0x50, 0x49});
  EXPECT_EQ(out.low, expected.low);
  EXPECT_EQ(out.high, expected.high);
}

// On a CPU without these instructions there is only the one form.
#if defined(__x86_64__)
TEST(KeyedHash, BothFormsAgreeAtEveryLength) {
  if (!AesNi::supported()) GTEST_SKIP() << "no AES and AVX2 here";
  GuardPage guard;
  for (size_t size = 0; size < 3 * HashKeys::kChunk; ++size) {
    const auto held = guard.hold(random_bytes(kFront + size, size));
    const HashKeys keys = random_keys(size + 1);
    ASSERT_EQ(hash<AesNi>(keys, held), hash<Portable>(keys, held)) << size;
  }
}
#endif

TEST(KeyedHash, EveryBitCounts) {
  const HashKeys keys = random_keys(1);
  Bytes bytes = random_bytes(kFront + HashKeys::kChunk + 50, 2);
  std::set<Halves> seen = {hash<Portable>(keys, bytes)};
  for (size_t i = 8 * kFront; i < 8 * bytes.size(); ++i) {
    bytes[i / 8] ^= static_cast<uint8_t>(1 << i % 8);
    EXPECT_TRUE(seen.insert(hash<Portable>(keys, bytes)).second) << "bit " << i;
    bytes[i / 8] ^= static_cast<uint8_t>(1 << i % 8);
  }
}

TEST(KeyedHash, TheLengthCounts) {  // of nothing but zeros, which the last vector is filled up with as well
  const HashKeys keys = random_keys(1);
  std::set<Halves> seen;
  for (size_t size = 0; size < 2 * HashKeys::kChunk; ++size)
    EXPECT_TRUE(seen.insert(hash<Portable>(keys, Bytes(kFront + size, 0))).second) << size;
}

TEST(KeyedHash, WhatStandsBeforeDoesNot) {
  const HashKeys keys = random_keys(1);
  for (size_t size = 0; size < 100; ++size) {
    Bytes bytes = random_bytes(kFront + size, size);
    const Halves before = hash<Portable>(keys, bytes);
    for (size_t i = 0; i < kFront; ++i) bytes[i] ^= 0xff;
    EXPECT_EQ(hash<Portable>(keys, bytes), before) << size;
  }
}

TEST(KeyedHash, TheKeyCounts) {
  const Bytes bytes = random_bytes(kFront + 100, 1);
  EXPECT_NE(hash<Portable>(random_keys(1), bytes), hash<Portable>(random_keys(2), bytes));
}

// Half of the bits flip, whichever bit of a block is flipped.
TEST(KeyedHash, ABlockIsMixed) {
  const HashKeys keys = random_keys(1);
  const KeyedHash<Portable> hash{keys};
  const auto of = [&](uint64_t low, uint64_t high) { return hash.block(low, high, HashKeys::kAsk); };
  for (int bit = 0; bit < 128; ++bit) {
    int flipped = 0;
    for (uint64_t n = 0; n < 100; ++n) {
      const auto one = of(n, n),
                 other = of(n ^ (bit < 64 ? 1ull << bit : 0), n ^ (bit < 64 ? 0 : 1ull << (bit - 64)));
      flipped += std::popcount(one.low ^ other.low) + std::popcount(one.high ^ other.high);
    }
    EXPECT_NEAR(flipped / 100.0, 64, 4) << bit;
  }
}

}  // namespace
}  // namespace relaysieve::test
