// SPDX-License-Identifier: Apache-2.0
#include "api/api.h"

namespace relaysieve::api {

using nlohmann::ordered_json;

HttpReply events(Daemon& daemon, const HttpRequest&) {
  ordered_json events = ordered_json::array();
  for (const Event& event : daemon.events().kept()) events.push_back(to_json(event));
  return reply(200, {{"events", events}, {"left_out", daemon.events().left_out()}});
}

HttpReply event_stream(Daemon& daemon, const HttpRequest&) {
  return {.content = "", .type = std::string(kLines), .stream = daemon.events().follow()};
}

}  // namespace relaysieve::api
