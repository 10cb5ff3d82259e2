// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/status/status.h"

namespace relaysieve {

// Of both programs. 0: done; 1: it failed; 2: the words or the file given are wrong.
inline int exit_status(const absl::Status& status) {
  if (status.ok()) return 0;
  return status.code() == absl::StatusCode::kInvalidArgument ? 2 : 1;
}

}  // namespace relaysieve
