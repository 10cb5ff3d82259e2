// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace relaysieve {

// What a web server on this machine answers to GET.
absl::StatusOr<std::string> get_page(const std::string& url);

}  // namespace relaysieve
