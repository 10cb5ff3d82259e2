// SPDX-License-Identifier: Apache-2.0
#include "replay/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>

namespace relaysieve {
namespace {

constexpr auto kQuiet = std::chrono::milliseconds(500);
constexpr auto kInterval = std::chrono::milliseconds(100);
constexpr size_t kWidth = 40;

}  // namespace

Progress::Progress(uint64_t total)
    : wanted_(isatty(STDERR_FILENO) == 1), total_(total), next_(Clock::now() + kQuiet) {}

Progress::~Progress() {
  if (shown_) std::fputs("\r\033[K", stderr);
}

void Progress::show(uint64_t bytes, uint64_t frames) {
  next_ = Clock::now() + kInterval;
  shown_ = true;
  const auto count = static_cast<unsigned long long>(frames);
  if (total_ == 0) {
    std::fprintf(stderr, "\r%llu frames", count);
    return;
  }
  const double part = std::min(1.0, static_cast<double>(bytes) / static_cast<double>(total_));
  std::string bar(kWidth, '.');
  std::fill_n(bar.begin(), static_cast<size_t>(part * kWidth), '#');
  std::fprintf(stderr, "\r[%s] %3.0f%%  %llu frames", bar.c_str(), part * 100, count);
}

}  // namespace relaysieve
