// SPDX-License-Identifier: Apache-2.0
#include "settings/nearest.h"

#include <algorithm>
#include <vector>

namespace relaysieve {
namespace {

// Letters put in, left out, replaced, or exchanged with their neighbour (optimal string alignment).
size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<size_t>> steps(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) {
    for (size_t j = 0; j <= b.size(); ++j) {
      size_t& least = steps[i][j] = std::max(i, j);
      if (i == 0 || j == 0) continue;
      const bool equal = a[i - 1] == b[j - 1];
      least = std::min({steps[i - 1][j] + 1, steps[i][j - 1] + 1, steps[i - 1][j - 1] + !equal});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        least = std::min(least, steps[i - 2][j - 2] + 1);
    }
  }
  return steps[a.size()][b.size()];
}

}  // namespace

std::optional<std::string_view> nearest(std::string_view typed, std::span<const std::string_view> words) {
  std::optional<std::string_view> meant;
  size_t least = typed.size() / 3 + 1;
  for (const std::string_view word : words) {
    if (word.size() > typed.size() + least || typed.size() > word.size() + least) continue;
    if (const size_t steps = distance(typed, word); steps < least) {
      least = steps;
      meant = word;
    }
  }
  return meant;
}

}  // namespace relaysieve
