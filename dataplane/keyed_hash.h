// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

// The keyed hash, in two forms that agree bit for bit: with the AES and AVX2 instructions of x86-64 (since 2013), and
// without. Two parts:
//
// - Blocks of 16 bytes: four AES rounds behind a whitening word of the place where the block stands, all under random
//   keys; several blocks are added by XOR. Two rounds let every bit of input reach every bit of output, four do so
//   twice over. Over random keys no difference of two blocks turns into a given other one with a probability above
//   2^-113 (Keliher and Sui, "Exact maximum expected differential and linear probability for two-round AES", 2007),
//   which makes four rounds a universal hash (Minematsu and Tsunoo, "Provably secure MACs from differentially-uniform
//   permutations", FSE 2006). What is left is the birthday of the bits that are kept: 64 or 32 of them.
// - Bytes of any length: NH (Black, Halevi, Krawczyk, Krovetz, Rogaway, "UMAC", CRYPTO 1999; RFC 4418 s5.2) over words
//   of 32 bits, then one such block. Two different inputs meet in NH with a probability of 2^-31 at most, in the 32
//   bits that are kept with another 2^-32.
namespace relaysieve {

struct HashKeys {
  static constexpr size_t kChunk = 512;  // bytes that NH takes at once

  alignas(32) std::array<uint8_t, kChunk> words;
  alignas(16) std::array<std::array<uint8_t, 16>, 4> rounds;
  // One for each kind of block, so that equal bytes in different places have nothing in common.
  enum Place : size_t {
    kServer,
    kChaddr,
    kAsk,
    kRouter,
    kAsked,
    kBytes,
    kScope,
    kServer6,
    kPeer6,
    kClient6,
    kAsk6,
    kMac6,
    kRouter6,
    kAsked6,
    kScope6,
    kPlaces
  };
  alignas(16) std::array<std::array<uint8_t, 16>, kPlaces> places;
};

// A window into it, 32 - n bytes from its start, clears all but the last n bytes of a vector of 32.
alignas(32) inline constexpr std::array<uint8_t, 64> kLastBytes = [] {
  std::array<uint8_t, 64> mask{};
  for (size_t i = 32; i < 64; ++i) mask[i] = 0xff;
  return mask;
}();

namespace aes {

constexpr uint8_t twice(uint8_t x) { return static_cast<uint8_t>(x << 1 ^ (x >> 7) * 0x1b); }

constexpr uint8_t product(uint8_t x, uint8_t y) {  // FIPS 197 s4.2
  uint8_t sum = 0;
  for (; y != 0; y >>= 1, x = twice(x))
    if (y & 1) sum ^= x;
  return sum;
}

constexpr uint8_t substitute(uint8_t x) {  // FIPS 197 s5.1.1: the inverse is x to the 254th
  uint8_t inverse = 1;
  for (int i = 0; i < 254; ++i) inverse = product(inverse, x);
  return static_cast<uint8_t>(inverse ^ std::rotl(inverse, 1) ^ std::rotl(inverse, 2) ^
                              std::rotl(inverse, 3) ^ std::rotl(inverse, 4) ^ 0x63);
}

// SubBytes and MixColumns of a byte in the first row: its column. The other rows' are the same, turned.
inline constexpr std::array<uint32_t, 256> kColumns = [] {
  std::array<uint32_t, 256> columns{};
  for (size_t x = 0; x < 256; ++x) {
    const uint8_t s = substitute(static_cast<uint8_t>(x)), s2 = twice(s);
    columns[x] = s2 | uint32_t{s} << 8 | uint32_t{s} << 16 | static_cast<uint32_t>(s2 ^ s) << 24;
  }
  return columns;
}();

}  // namespace aes

// In plain C++, for any CPU.
struct Portable {
  struct Block {
    uint64_t low = 0, high = 0;
  };

  static Block block(uint64_t low, uint64_t high) { return {low, high}; }
  static Block load(const uint8_t* p) {
    Block b;
    std::memcpy(&b, p, sizeof b);
    return b;
  }
  static Block both(Block a, Block b) { return {a.low ^ b.low, a.high ^ b.high}; }
  static uint64_t low(Block b) { return b.low; }
  static uint64_t high(Block b) { return b.high; }

  static Block round(Block b, Block key) {  // SubBytes, ShiftRows, MixColumns, AddRoundKey
    const std::array<uint64_t, 2> halves = {b.low, b.high};
    const auto byte = [&](size_t column, size_t row) {
      const size_t at = column % 4 * 4 + row;
      return static_cast<uint8_t>(halves[at / 8] >> at % 8 * 8);
    };
    std::array<uint32_t, 4> out{};
    for (size_t c = 0; c < 4; ++c)
      for (size_t row = 0; row < 4; ++row)
        out[c] ^= std::rotl(aes::kColumns[byte(c + row, row)], static_cast<int>(8 * row));
    return both({out[0] | uint64_t{out[1]} << 32, out[2] | uint64_t{out[3]} << 32}, key);
  }

  // NH of at most HashKeys::kChunk bytes; the 32 bytes before them must be readable.
  static Block nh(const uint8_t* bytes, size_t size, const HashKeys& keys) {
    std::array<uint64_t, 4> sums{};
    const auto add = [&](const uint8_t* from, size_t first, size_t at) {  // `first`: what lies before it is 0
      for (size_t i = 0; i < 4; ++i) {
        std::array<uint8_t, 8> pair{};
        for (size_t j = 0; j < 8; ++j)
          if (8 * i + j >= first) pair[j] = from[8 * i + j];
        std::array<uint32_t, 2> m, k;
        std::memcpy(m.data(), pair.data(), 8);
        std::memcpy(k.data(), &keys.words[at + 8 * i], 8);
        sums[i] += uint64_t{m[0] + k[0]} * uint64_t{m[1] + k[1]};
      }
    };
    size_t at = 0;
    for (; at + 32 < size; at += 32) add(bytes + at, 0, at);
    add(bytes + size - 32, size < 32 ? 32 - size : 0, at);
    return {sums[0] + sums[2] + size, sums[1] + sums[3]};
  }
};

#if defined(__x86_64__)
// The same in the CPU's own instructions. Its functions and whoever inlines them are compiled for them one by one: a
// source file compiled for another CPU would leave its inline functions to the whole program.
#define RELAYSIEVE_AES [[gnu::target("aes,avx2,bmi2")]]
struct AesNi {
  using Block = __m128i;

  static bool supported() {
    return __builtin_cpu_supports("aes") && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2");
  }
  RELAYSIEVE_AES static Block block(uint64_t low, uint64_t high) {
    return _mm_set_epi64x(static_cast<int64_t>(high), static_cast<int64_t>(low));
  }
  RELAYSIEVE_AES static Block load(const uint8_t* p) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  }
  RELAYSIEVE_AES static Block both(Block a, Block b) { return _mm_xor_si128(a, b); }
  RELAYSIEVE_AES static uint64_t low(Block b) { return static_cast<uint64_t>(_mm_cvtsi128_si64(b)); }
  RELAYSIEVE_AES static uint64_t high(Block b) { return static_cast<uint64_t>(_mm_extract_epi64(b, 1)); }
  RELAYSIEVE_AES static Block round(Block b, Block key) { return _mm_aesenc_si128(b, key); }

  RELAYSIEVE_AES static __m256i load32(const uint8_t* p) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  }
  RELAYSIEVE_AES static __m256i products(__m256i m, const uint8_t* key) {
    const __m256i sum = _mm256_add_epi32(m, load32(key));
    return _mm256_mul_epu32(sum, _mm256_srli_epi64(sum, 32));
  }
  RELAYSIEVE_AES static Block sum(__m256i sums, size_t size) {
    const __m128i sum = _mm_add_epi64(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
    return _mm_add_epi64(sum, _mm_cvtsi64_si128(static_cast<int64_t>(size)));
  }
  RELAYSIEVE_AES static Block nh(const uint8_t* bytes, size_t size, const HashKeys& keys) {
    __m256i sums = _mm256_setzero_si256();
    size_t at = 0;
#pragma GCC unroll 1
    for (; at + 32 < size; at += 32)
      sums = _mm256_add_epi64(sums, products(load32(bytes + at), &keys.words[at]));
    const __m256i wanted = load32(kLastBytes.data() + (size < 32 ? size : 32));
    const __m256i last = _mm256_and_si256(load32(bytes + size - 32), wanted);
    return sum(_mm256_add_epi64(sums, products(last, &keys.words[at])), size);
  }
  RELAYSIEVE_AES static __m256i difference(__m256i m, const uint8_t* mask, const uint8_t* expected) {
    return _mm256_xor_si256(_mm256_and_si256(m, load32(mask)), load32(expected));
  }
  // The same of bytes that are compared in the same pass: those under `mask` have to be the expected ones. `mask` and
  // `expected` have 32 bytes more in front.
  RELAYSIEVE_AES static bool nh_if_equal(const uint8_t* bytes, size_t size, const uint8_t* mask,
                                         const uint8_t* expected, const HashKeys& keys, Block& hash) {
    const __m256i last = load32(bytes + size - 32);
    __m256i differ = difference(last, mask + size, expected + size), sums = _mm256_setzero_si256();
    size_t at = 0;
#pragma GCC unroll 1
    for (; at + 32 < size; at += 32) {
      const __m256i m = load32(bytes + at);
      differ = _mm256_or_si256(differ, difference(m, mask + 32 + at, expected + 32 + at));
      sums = _mm256_add_epi64(sums, products(m, &keys.words[at]));
    }
    if (!_mm256_testz_si256(differ, differ)) return false;
    const __m256i wanted = load32(kLastBytes.data() + (size < 32 ? size : 32));
    hash = sum(_mm256_add_epi64(sums, products(_mm256_and_si256(last, wanted), &keys.words[at])), size);
    return true;
  }
};
#endif

// Either of them under its keys.
template <typename Cpu>
struct KeyedHash {
  using Block = typename Cpu::Block;

  const HashKeys& keys;

  Block block(Block b, HashKeys::Place place) const {
    b = Cpu::both(b, Cpu::load(keys.places[place].data()));
#pragma GCC unroll 4
    for (const auto& key : keys.rounds) b = Cpu::round(b, Cpu::load(key.data()));
    return b;
  }
  Block block(uint64_t low, uint64_t high, HashKeys::Place place) const {
    return block(Cpu::block(low, high), place);
  }
  // Of at most HashKeys::kChunk bytes whose NH is known.
  Block bytes(Block nh) const { return block(nh, HashKeys::kBytes); }
  // Of any length. The 32 bytes before them must be readable.
  Block bytes(const uint8_t* begin, size_t size) const {
    if (size <= HashKeys::kChunk) return block(Cpu::nh(begin, size, keys), HashKeys::kBytes);
    const Block first = block(Cpu::nh(begin, HashKeys::kChunk, keys), HashKeys::kBytes);
    return more(first, begin + HashKeys::kChunk, size - HashKeys::kChunk);
  }

 private:
  [[gnu::noinline]] Block more(Block sum, const uint8_t* begin, size_t size) const {
    for (; size > HashKeys::kChunk; begin += HashKeys::kChunk, size -= HashKeys::kChunk)
      sum = block(Cpu::both(sum, Cpu::nh(begin, HashKeys::kChunk, keys)), HashKeys::kBytes);
    return block(Cpu::both(sum, Cpu::nh(begin, size, keys)), HashKeys::kBytes);
  }
};

}  // namespace relaysieve
