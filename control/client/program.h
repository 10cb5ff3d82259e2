// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace relaysieve {

// What a program (found along PATH) prints on standard output, up to its end. Errors, one sentence each: NotFound, it is
// not installed; Unavailable, it ended with another status than 0, with the first line that it said of that.
absl::StatusOr<std::string> output_of(const std::vector<std::string>& words);

}  // namespace relaysieve
