// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace relaysieve {

// The machine's huge pages of one size.
struct HugePages {
  uint64_t size = 0;  // bytes of one
  uint64_t free = 0;  // how many nobody has taken or reserved
  std::string mount;  // the hugetlbfs through which they can be shared; empty = there is none that we may use
};

std::vector<HugePages> huge_pages();

}  // namespace relaysieve
