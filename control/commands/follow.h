// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "absl/status/status.h"
#include "commands/commands.h"

namespace relaysieve {

// For the commands that show what comes until they are told to stop.

// The path with one more parameter, if it has a value; what a URL cannot hold is written as %xx.
std::string with(const std::string& path, const std::string& name, const std::string& value);
// The exit status; what went wrong is said, one line each.
int end_with(const absl::Status& status);
// Prints a stream of JSON lines: each as it is, or in words. Returns the exit status.
int print_lines(const DaemonOptions& options, const std::string& path,
                const std::function<std::string(const nlohmann::ordered_json&)>& words);

}  // namespace relaysieve
