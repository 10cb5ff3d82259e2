// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

// What all harnesses share. libFuzzer calls this with one input after the other (llvm.org/docs/LibFuzzer.html).
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace relaysieve::fuzz {

// A bug that only the `_planted` programs have: it must be found, or the harness does not reach. It is made by functions
// in a namespace `planted`, which tell it from a real one in the stack of a crash.
#ifdef RELAYSIEVE_FUZZ_PLANT
inline constexpr bool kPlanted = true;
#else
inline constexpr bool kPlanted = false;
#endif

// What must be so of every input.
inline void must(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "must be, and is not: %s\n", what);
  std::abort();
}

// What is logged and shown on terminals holds no control characters; a line's end only ends a sentence.
inline bool is_safe_text(std::string_view text) {
  for (const char c : text)
    if ((static_cast<unsigned char>(c) < ' ' && c != '\n') || c == 0x7f) return false;
  return true;
}

// An input, taken from its front. Behind its end all is zero.
class Input {
 public:
  Input(const uint8_t* data, size_t size) : at_(data), end_(data + size) {}

  size_t left() const { return static_cast<size_t>(end_ - at_); }
  uint8_t byte() { return at_ == end_ ? uint8_t{0} : *at_++; }
  const uint8_t* take(size_t size) {  // at most what is left
    const uint8_t* const taken = at_;
    at_ += size;
    return taken;
  }

 private:
  const uint8_t *at_, *end_;
};

}  // namespace relaysieve::fuzz
