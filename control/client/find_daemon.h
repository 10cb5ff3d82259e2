// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "settings/settings.h"

namespace relaysieve {

// The control socket of the daemon that is meant: the one `given`, or, where that is "", the `standard` one if a daemon listens
// there, else the only one in its folder: under systemd each wire has its own (relaysieved@NAME listens on NAME.sock).
// InvalidArgument: there are several, and all are named. That nobody listens at all is for the caller to find out.
absl::StatusOr<std::string> find_daemon(const std::string& given,
                                        const std::string& standard = Settings().control);

// The one that the settings name, as find_daemon() takes it; "" where they leave it at the default.
std::string control_given(const Settings& settings);

}  // namespace relaysieve
