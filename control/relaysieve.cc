// SPDX-License-Identifier: Apache-2.0
// relaysieve, the command line.
#include "commands.h"
#include "version.h"

int main(int argc, char** argv) {
  using namespace relaysieve;
  CLI::App app("Drops second copies of relayed DHCP requests: the command line.", "relaysieve");
  app.require_subcommand(0, 1);
  app.set_version_flag("--version", kVersion);
  const std::vector<Command> commands = {add_replay(app), add_status(app), add_set(app), add_mode(app),
                                         add_flush(app)};
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {  // --help, --version
    return app.exit(success);
  } catch (const CLI::Error& error) {
    std::cerr << "relaysieve: " << error.what() << "\n";
    return 2;
  }
  for (const Command& command : commands) {
    if (command.app->parsed()) return command.run();
  }
  std::cerr << "relaysieve: a command is needed; relaysieve --help lists them\n";
  return 2;
}
