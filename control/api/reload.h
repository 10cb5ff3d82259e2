// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "daemon/daemon.h"

namespace relaysieve {

// Daemon::reload for somebody, with all that has to be told of it: to systemd, the log and the events.
absl::StatusOr<LiveSettings::Reload> reload(Daemon& daemon, const std::string& who);

}  // namespace relaysieve
