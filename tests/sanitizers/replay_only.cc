// SPDX-License-Identifier: Apache-2.0
// The command line, of which only `relaysieve replay` is there.
#include "commands/commands.h"

namespace relaysieve {

std::vector<Command> add_commands(CLI::App& app) { return {add_replay(app)}; }

}  // namespace relaysieve
