// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include "client/client.h"
#include "commands/commands.h"
#include "status/relays_render.h"

namespace relaysieve {
namespace {

constexpr const char* kRelaysAbout = R"(
A relay is a router's port, MAC and source address; giaddr is that of its first request, or the link-address of its
first DHCPv6 request. Requests of relays that are not in trusted_relays are not counted, nor is anything in bypass
mode. Beyond 1,024 relays the others are one line.
SILENT: those that bring the same requests have brought twenty times as many since as they usually do between two of its
own, and 10 s have passed.

Example: relays that are silent
  relaysieve relays --json | jq '.relays[] | select(.silent)')";

}  // namespace

Command add_relays(CLI::App& app) {
  auto options = std::make_shared<DaemonOptions>();
  CLI::App* command = app.add_subcommand(
      "relays", "each relay and each pair: who comes first, and how far apart copies come");
  command->footer(std::string(kRelaysAbout) + kExitStatus);
  options->add_to(*command, "as JSON, with the whole distribution");
  return {
      command, [options] {
        try {
          return options->print(ask(options->control, "GET", "/v1/relays"),
                                [](const auto& who) { return render_relays(who, Style::of(STDOUT_FILENO)); });
        } catch (const nlohmann::json::exception&) {
          std::cerr << "relaysieve: this daemon's relays cannot be shown; --json prints them as they are\n";
          return 1;
        }
      }};
}

}  // namespace relaysieve
