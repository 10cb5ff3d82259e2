// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_split.h"
#include "exit_status.h"
#include "settings/settings.h"

namespace relaysieve {

// The subcommands of `relaysieve`, a file each. `run` returns the exit status.
struct Command {
  CLI::App* app;
  std::function<int()> run;
};

// All of them, and what the program says of itself. Who reads the commands from the app (the manual, completion) finds
// each one here.
std::vector<Command> add_commands(CLI::App& app);

Command add_replay(CLI::App& app);
Command add_status(CLI::App& app);
Command add_top(CLI::App& app);
Command add_doctor(CLI::App& app);
Command add_support(CLI::App& app);
Command add_set(CLI::App& app);
Command add_mode(CLI::App& app);
Command add_flush(CLI::App& app);
Command add_reload(CLI::App& app);
Command add_config(CLI::App& app);
Command add_completion(CLI::App& app);
Command add_events(CLI::App& app);
Command add_trace(CLI::App& app);
Command add_capture(CLI::App& app);
Command add_relays(CLI::App& app);
Command add_advise(CLI::App& app);

inline constexpr const char* kExitStatus =
    "\n\nExit status: 0 done; 1 it failed; 2 the words or the file given are wrong.";

// What every command that talks to the daemon takes.
struct DaemonOptions {
  std::string control;  // as find_daemon() takes it
  bool json = false;

  void add_to(CLI::App& command, const char* json_help) {
    command
        .add_option(
            "--control", control,
            "Unix socket of the daemon (default " + Settings().control + ", or the only one beside it)")
        ->type_name("PATH");
    command.add_flag("--json", json, json_help);
  }

  // Prints what the daemon said, as JSON or through `words`, or what went wrong, one line each.
  template <typename Words>
  int print(const absl::StatusOr<nlohmann::ordered_json>& said, Words words) const {
    if (said.ok()) {
      std::cout << (json ? said->dump(2) + "\n" : words(*said));
      return 0;
    }
    for (const auto line : absl::StrSplit(said.status().message(), '\n'))
      std::cerr << "relaysieve: " << line << "\n";
    return exit_status(said.status());
  }
};

}  // namespace relaysieve
