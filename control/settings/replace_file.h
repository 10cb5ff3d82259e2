// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace relaysieve {

// The whole of a regular file; "" where there is none. Errors, here and there: "FILE: why".
absl::StatusOr<std::string> read_file(const std::string& path);

// All of it or nothing, whatever happens meanwhile: a new file takes its place, with its owner and its mode. What a
// symbolic link points to is replaced, not the link. A file that is not there is made, and its folder.
absl::Status replace_file(const std::string& path, std::string_view text);

}  // namespace relaysieve
