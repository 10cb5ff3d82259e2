// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace relaysieve {

// Asks the daemon behind a control socket, or, if "" is given, the one that find_daemon() finds; see control_api.h for what. InvalidArgument: the daemon finds the words
// wrong, and says why, one line each. If it is of another version than this program, that is said on standard error.
absl::StatusOr<nlohmann::ordered_json> ask(const std::string& control, const char* method,
                                           const std::string& path, const std::string& body = "");

// Follows a stream of the daemon's: `take` gets each piece as it comes, of any size. Ok once the stream ends, `take`
// returns false, Ctrl-C is pressed or SIGTERM comes, or nobody is left to read standard output. Unavailable: the daemon has
// ended meanwhile. SIGINT and SIGTERM are as before afterwards, and SIGPIPE is ignored from here on.
absl::Status follow(const std::string& control, const std::string& path,
                    const std::function<bool(std::string_view piece)>& take);
// The same of a stream of text: each line without its end, and but for the empty ones.
absl::Status follow_lines(const std::string& control, const std::string& path,
                          const std::function<bool(std::string_view line)>& take);

}  // namespace relaysieve
