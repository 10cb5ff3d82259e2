// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include "absl/status/statusor.h"
#include "settings/settings.h"

namespace relaysieve {

inline constexpr gid_t kNoGroup = static_cast<gid_t>(-1);

// The group that control_group names on this machine; kNoGroup where none is set. The error is a line with the place.
absl::StatusOr<gid_t> control_group_of(const Settings& settings);

}  // namespace relaysieve
