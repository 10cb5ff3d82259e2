// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace relaysieve {

// What a shell completes, read from the programs' own command lines.

struct Completed {
  enum class Kind : uint8_t { nothing, flag, choice, file, port, setting };  // flag: it has no value

  std::vector<std::string> names;  // "--json"; none where it is an argument without a flag
  std::string help;
  Kind kind = Kind::nothing;
  std::vector<std::string> choices;
};

struct CompletedCommand {
  std::string path;  // "relaysieve config show"
  std::string help;
  std::vector<Completed> options;
  std::vector<std::string> commands;  // names of those below it
};

// A program and all of its commands.
std::vector<CompletedCommand> completed_commands(const CLI::App& app);

// Settings that `relaysieve set` takes, with their choices, if they have any.
std::vector<Completed> completed_settings();

// Branches of a `case` over a command and the flag or setting before the cursor, as both shells read them: what completes the
// value. `call_of` names a function of the shell's.
std::string value_branches(const std::vector<CompletedCommand>& commands,
                           std::string (*call_of)(const Completed& option));

// The scripts, for several programs.
std::string bash_completion(const std::vector<CompletedCommand>& commands);
std::string zsh_completion(const std::vector<CompletedCommand>& commands);

}  // namespace relaysieve
