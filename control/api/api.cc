// SPDX-License-Identifier: Apache-2.0
#include "api/api.h"

#include <spdlog/spdlog.h>

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "settings/settings_change.h"
#include "settings/text.h"

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

ordered_json to_json(const std::vector<Change>& changes) {
  ordered_json all = ordered_json::object();
  for (const Change& change : changes)
    all[std::string(change.name)] = {{"from", change.from}, {"to", change.to}};
  return all;
}

// Each change is logged, also while there are too many for an event each.
void tell_of(Daemon& daemon, const Change& change, const std::string& who) {
  const std::string text = absl::StrCat(who, " changed ", view(change.name), " from ", change.from.dump(),
                                        " to ", change.to.dump());
  const EventKind kind = change.name == "mode" ? EventKind::mode_changed : EventKind::settings_changed;
  if (!daemon.events().tell(kind, std::string(change.name), text)) spdlog::info("{}", text);
}

HttpReply status(Daemon& daemon, const HttpRequest&) { return reply(200, daemon.status()); }

HttpReply settings(Daemon& daemon, const HttpRequest&) {
  return reply(200, settings_json(daemon.settings()));
}

HttpReply change(Daemon& daemon, const HttpRequest& request) {
  const auto saves = request.query.find("save");
  const bool save = saves != request.query.end();
  if (save && saves->second != "true") return refuse(400, "save: only true is allowed");
  const auto changes = daemon.change(request.body, save);
  if (!changes.ok())
    return refuse(absl::IsInvalidArgument(changes.status()) ? 400 : 500, changes.status().message());
  for (const Change& change : *changes) tell_of(daemon, change, who(request));
  if (!save) return reply(200, {{"changed", to_json(*changes)}});
  spdlog::info("{} saved settings to {}", who(request), daemon.settings_file());
  return reply(200, {{"changed", to_json(*changes)}, {"saved", daemon.settings_file()}});
}

HttpReply flush(Daemon& daemon, const HttpRequest& request) {
  daemon.flush();
  const std::string text = absl::StrCat(who(request), " flushed the memory");
  if (!daemon.events().tell(EventKind::flushed, "", text)) spdlog::info("{}", text);
  return reply(200, {{"flushed", true}});
}

}  // namespace relaysieve::api
