// SPDX-License-Identifier: Apache-2.0
#include "api.h"

#include <spdlog/spdlog.h>

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "settings_change.h"

namespace relaysieve::api {

using nlohmann::ordered_json;

HttpReply reply(unsigned code, const ordered_json& content, std::string allow) {
  // A path or a body may hold bytes that are not UTF-8.
  return {.code = code,
          .content = content.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n",
          .allow = std::move(allow)};
}

HttpReply refuse(unsigned code, absl::string_view lines, std::string allow) {
  const std::vector<std::string> errors = absl::StrSplit(lines, '\n');
  return reply(code, {{"errors", errors}}, std::move(allow));
}

std::string who(const HttpRequest& request) {
  return request.uid ? absl::StrCat("uid ", *request.uid) : "someone";
}

HttpReply status(Daemon& daemon, const HttpRequest&) { return reply(200, daemon.status()); }

HttpReply settings(Daemon& daemon, const HttpRequest&) {
  return reply(200, settings_json(daemon.settings()));
}

HttpReply change(Daemon& daemon, const HttpRequest& request) {
  const auto changes = daemon.change(request.body);
  if (!changes.ok()) return refuse(400, changes.status().message());
  ordered_json changed = ordered_json::object();
  for (const Change& change : *changes) {
    spdlog::info("{} changed {} from {} to {}", who(request), change.name, change.from.dump(),
                 change.to.dump());
    changed[std::string(change.name)] = {{"from", change.from}, {"to", change.to}};
  }
  return reply(200, {{"changed", changed}});
}

HttpReply flush(Daemon& daemon, const HttpRequest& request) {
  daemon.flush();
  spdlog::info("{} flushed the memory", who(request));
  return reply(200, {{"flushed", true}});
}

}  // namespace relaysieve::api
