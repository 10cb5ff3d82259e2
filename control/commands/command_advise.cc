// SPDX-License-Identifier: Apache-2.0
#include "client/client.h"
#include "commands/commands.h"
#include "relays/advice.h"
#include "replay/replay.h"
#include "settings/settings_read.h"

namespace relaysieve {
namespace {

constexpr const char* kAdviseAbout = R"(
Without CAPTURE it goes by what the running daemon has seen since its start; with one, by what a daemon with these
settings would have seen. In doubt a setting is kept. It cannot see repetitions of clients that change xid or secs each
time, copies more than 5 s late, and one request in two VLANs (ignore_vlan).

Example: what a capture taken in front of the server says about a window of 200 ms
  relaysieve advise boot.pcap --window 200ms)";

struct AdviseOptions {
  DaemonOptions daemon;
  std::string capture, config;
  GivenFlags flags;
};

int advise_offline(const AdviseOptions& options) {
  const auto settings = read_settings(options.config, options.flags);
  if (!settings.ok()) {
    std::cerr << settings.status().message() << "\n";
    return exit_status(settings.status());
  }
  const auto totals = census_of(options.capture, *settings);
  if (!totals.ok()) return options.daemon.print(totals.status(), advice_text);
  return options.daemon.print(advice_json(*settings, *totals), advice_text);
}

int advise(const AdviseOptions& options) {
  if (!options.capture.empty()) return advise_offline(options);
  if (options.config.empty() && options.flags.empty())
    return options.daemon.print(ask(options.daemon.control, "GET", "/v1/advice"), advice_text);
  std::cerr
      << "relaysieve: --config and the flags of the settings go with a CAPTURE; the daemon has its own\n";
  return 2;
}

}  // namespace

Command add_advise(CLI::App& app) {
  auto options = std::make_shared<AdviseOptions>();
  CLI::App* command =
      app.add_subcommand("advise", "recommend settings from what has been seen, with reasons");
  command->footer(std::string(kAdviseAbout) + kExitStatus);
  command->add_option("CAPTURE", options->capture, "pcap or pcapng of Ethernet frames; - is standard input")
      ->type_name("");
  options->daemon.add_to(*command, "advice as JSON");
  command->add_option("--config", options->config, "settings file (TOML); flags win over it")
      ->type_name("FILE");
  add_flags(*command, options->flags, /*offline=*/true);
  return {command, [options] { return advise(*options); }};
}

}  // namespace relaysieve
