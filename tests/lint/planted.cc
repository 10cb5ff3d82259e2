// SPDX-License-Identifier: Apache-2.0
// Offences: they have to be reported, so that the tools are known to look. No target builds this.

namespace planted {

int through_null(bool given) {
  const int* number = given ? nullptr : new int(1);
  return *number;  // nullPointer
}

int behind_the_end(int i) {
  int numbers[4] = {};
  numbers[4] = i;  // arrayIndexOutOfBounds
  return numbers[i];
}

}  // namespace planted
