// SPDX-License-Identifier: Apache-2.0
#include "commands/commands.h"

#include "version.h"

namespace relaysieve {

std::vector<Command> add_commands(CLI::App& app) {
  app.name("relaysieve");
  app.description("Drops second copies of relayed DHCP requests: the command line.");
  app.require_subcommand(0, 1);
  app.set_version_flag("--version", kVersion);
  return {add_replay(app), add_status(app),     add_relays(app), add_top(app),
          add_set(app),    add_mode(app),       add_reload(app), add_flush(app),
          add_trace(app),  add_capture(app),    add_events(app), add_advise(app),
          add_config(app), add_completion(app), add_doctor(app), add_support(app)};
}

}  // namespace relaysieve
