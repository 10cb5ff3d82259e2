// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include "client/client.h"
#include "commands/commands.h"
#include "status/status.h"

namespace relaysieve {
namespace {

constexpr const char* kStatusExample =
    R"(The second line says what to look at first, and which command shows more.

Example: how many second copies were dropped
  relaysieve status --json | jq .reasons.second_copy)";

}  // namespace

Command add_status(CLI::App& app) {
  auto options = std::make_shared<DaemonOptions>();
  CLI::App* command = app.add_subcommand("status", "what the running daemon has seen and done");
  command->footer(std::string(kStatusExample) + kExitStatus);
  options->add_to(*command, "status as JSON");
  return {command, [options] {
            try {
              return options->print(ask(options->control, "GET", "/v1/status"), [](const auto& status) {
                return render_status(status, Style::of(STDOUT_FILENO));
              });
            } catch (const nlohmann::json::exception&) {
              std::cerr << "relaysieve: this daemon's status cannot be shown; --json prints it as it is\n";
              return 1;
            }
          }};
}

}  // namespace relaysieve
