// SPDX-License-Identifier: Apache-2.0
// relaysieve, the command line.
#include "commands/commands.h"

int main(int argc, char** argv) {
  using namespace relaysieve;
  CLI::App app;
  const std::vector<Command> commands = add_commands(app);
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
