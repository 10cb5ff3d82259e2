// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "http/http_server.h"

namespace relaysieve {

class Daemon;

// What can be asked of a daemon through its control socket, in JSON. Paths of another version would begin with /v2.
//   GET   /v1/status    everything countable
//   GET   /v1/doctor    what only the daemon knows of what is wrong with the box: see relaysieve doctor
//   GET   /v1/settings  every setting: its value, where that was given, and whether it can change while frames flow
//   PATCH /v1/settings  changes the settings named in the body, all or nothing: {"window": "800ms", "subnet_bits": 20}
//   POST  /v1/flush     forgets every client and transmission
//   GET   /v1/events    what happened of late, see event_list.h; /v1/events/stream: and all that comes
//   GET   /v1/relays    who has brought what, and how far apart the copies of two came; see relays_json.h
//   GET   /v1/advice    what the settings should be; see advice.h
// What changes something is logged, with who did it. Errors: {"errors": ["a sentence", ...]}.
HttpReply answer(Daemon& daemon, const HttpRequest& request);

}  // namespace relaysieve
