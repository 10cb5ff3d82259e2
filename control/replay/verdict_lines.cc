// SPDX-License-Identifier: Apache-2.0
#include "replay/verdict_lines.h"

#include <charconv>
#include <cstring>
#include <string_view>

namespace relaysieve {
namespace {

char* put(char* at, std::string_view words) {
  std::memcpy(at, words.data(), words.size());
  return at + words.size();
}

template <std::integral Number>
char* put(char* at, Number number) {
  return std::to_chars(at, at + 20, number).ptr;  // 20: the longest of 64 bits
}

}  // namespace

absl::StatusOr<std::unique_ptr<VerdictLines>> VerdictLines::open(const std::string& path) {
  auto file = OutputFile::open(path);
  if (!file.ok()) return file.status();
  return std::unique_ptr<VerdictLines>(new VerdictLines(*std::move(file)));
}

// Millions of lines are written, and every word in them is our own: no JSON library is needed to quote them.
void VerdictLines::write(const Frame& frame, const Verdict& verdict) {
  char* at = reinterpret_cast<char*>(file_->room());
  at = put(put(at, "{\"frame\": "), frame.number);
  at = put(put(at, ", \"verdict\": \""), verdict.dropped() ? "drop" : "forward");
  at = put(put(at, "\", \"reason\": \""), info(verdict.reason).name);
  if (verdict.has_first) {
    const auto lag = std::chrono::duration_cast<std::chrono::microseconds>(verdict.lag);
    at = put(put(at, "\", \"first_frame\": "), verdict.first_number);
    at = put(put(at, ", \"lag_us\": "), lag.count());
    at = put(at, "}\n");
  } else {
    at = put(at, "\"}\n");
  }
  file_->wrote(reinterpret_cast<uint8_t*>(at));
}

}  // namespace relaysieve
