// SPDX-License-Identifier: Apache-2.0
#include "api/api.h"
#include "api/reload.h"

namespace relaysieve::api {

HttpReply reload(Daemon& daemon, const HttpRequest& request) {
  const auto reloaded = relaysieve::reload(daemon, who(request));
  if (!reloaded.ok()) return refuse(400, reloaded.status().message());
  return reply(200, {{"changed", to_json(reloaded->changes)}, {"at_restart", to_json(reloaded->pending)}});
}

}  // namespace relaysieve::api
