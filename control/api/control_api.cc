// SPDX-License-Identifier: Apache-2.0
#include "api/control_api.h"

#include "absl/strings/str_cat.h"
#include "api/api.h"
#include "settings/text.h"

namespace relaysieve {
namespace {

struct Route {
  std::string_view path, method;
  HttpReply (*run)(Daemon&, const HttpRequest&);
};

// GET reads; every other method changes something.
constexpr Route kRoutes[] = {
    {"/v1/status", "GET", api::status},     {"/v1/doctor", "GET", api::doctor},
    {"/v1/settings", "GET", api::settings}, {"/v1/settings", "PATCH", api::change},
    {"/v1/reload", "POST", api::reload},    {"/v1/flush", "POST", api::flush},
    {"/v1/events", "GET", api::events},     {"/v1/events/stream", "GET", api::event_stream},
    {"/v1/trace", "GET", api::trace},       {"/v1/capture", "GET", api::capture},
    {"/v1/clients", "GET", api::clients},   {"/v1/relays", "GET", api::relays},
    {"/v1/advice", "GET", api::advice},
};

}  // namespace

HttpReply answer(Daemon& daemon, const HttpRequest& request) {
  std::string allowed;
  for (const Route& route : kRoutes) {
    if (route.path != request.path) continue;
    if (route.method == request.method) return route.run(daemon, request);
    absl::StrAppend(&allowed, allowed.empty() ? "" : ", ", view(route.method));
  }
  if (allowed.empty()) return api::refuse(404, absl::StrCat("no such path: ", in_quotes(request.path)));
  return api::refuse(405, absl::StrCat("only ", allowed, " is allowed here"), allowed);
}

}  // namespace relaysieve
