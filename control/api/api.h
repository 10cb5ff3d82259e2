// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/string_view.h"
#include "daemon/daemon.h"
#include "http/http_server.h"

namespace relaysieve::api {

// What stands behind the paths of control_api.h, and what it is written with.

HttpReply reply(unsigned code, const nlohmann::ordered_json& content, std::string allow = "");
// {"errors": [a sentence for each line, ...]}
HttpReply refuse(unsigned code, absl::string_view lines, std::string allow = "");
// {NAME: {"from": .., "to": ..}, ...}
nlohmann::ordered_json to_json(const std::vector<Change>& changes);
// The caller, as the log names it.
std::string who(const HttpRequest& request);
// Logs, and tells as an event, what somebody has changed.
void tell_of(Daemon& daemon, const Change& change, const std::string& who);

HttpReply doctor(Daemon& daemon, const HttpRequest& request);
HttpReply status(Daemon& daemon, const HttpRequest& request);
HttpReply settings(Daemon& daemon, const HttpRequest& request);
HttpReply change(Daemon& daemon, const HttpRequest& request);
HttpReply reload(Daemon& daemon, const HttpRequest& request);
HttpReply flush(Daemon& daemon, const HttpRequest& request);
HttpReply events(Daemon& daemon, const HttpRequest& request);
HttpReply event_stream(Daemon& daemon, const HttpRequest& request);
// Frames as they come; see api_taps.cc.
HttpReply trace(Daemon& daemon, const HttpRequest& request);
HttpReply capture(Daemon& daemon, const HttpRequest& request);
HttpReply clients(Daemon& daemon, const HttpRequest& request);
HttpReply relays(Daemon& daemon, const HttpRequest& request);
HttpReply advice(Daemon& daemon, const HttpRequest& request);

}  // namespace relaysieve::api
