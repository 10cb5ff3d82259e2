// SPDX-License-Identifier: Apache-2.0
// Offences, one of each kind: both tools have to report them, so that they are known to look. No target builds this.
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

namespace planted {

size_t after_move(std::string text) {
  const std::string other = std::move(text);
  return text.size() + other.size();  // bugprone-use-after-move
}

int through_null(bool given) {
  const int* number = given ? nullptr : new int(1);
  return *number;  // clang-analyzer-core.NullDereference; nullPointer
}

size_t copies(const std::vector<std::string>& names) {
  size_t size = 0;
  for (const std::string name : names) size += name.size();  // performance-for-range-copy
  return size;
}

int behind_the_end(int i) {
  int numbers[4] = {};
  numbers[4] = i;  // arrayIndexOutOfBounds
  return numbers[i];
}

}  // namespace planted
