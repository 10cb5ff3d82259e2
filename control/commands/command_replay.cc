// SPDX-License-Identifier: Apache-2.0
#include "commands/commands.h"
#include "replay/replay.h"
#include "settings/settings_read.h"

namespace relaysieve {
namespace {

constexpr const char* kReplayExample =
    R"(Example: what would have been dropped with a window of half a second, and the frames themselves
  relaysieve replay boot.pcap --window 500ms --dropped copies.pcap --verdicts verdicts.jsonl)";

struct ReplayOptions {
  ReplayFiles files;
  std::string config;
  GivenFlags flags;
  bool json = false;
};

}  // namespace

Command add_replay(CLI::App& app) {
  auto options = std::make_shared<ReplayOptions>();
  CLI::App* command = app.add_subcommand("replay", "run a capture file through the filter and report");
  command->footer(std::string(kReplayExample) + kExitStatus);
  command->add_option("IN", options->files.input, "pcap or pcapng of Ethernet frames; - is standard input")
      ->required()
      ->type_name("");
  const auto file = [&](const char* flag, std::string& path, const char* help) {
    command->add_option(flag, path, help)->type_name("FILE");
  };
  file("--config", options->config, "settings file (TOML); flags win over it");
  file("--forwarded", options->files.forwarded, "write the forwarded frames to this pcap");
  file("--dropped", options->files.dropped, "write the dropped frames to this pcap");
  file("--verdicts", options->files.verdicts, "write one line of JSON for every frame");
  command->add_flag("--json", options->json, "report as JSON");
  add_flags(*command, options->flags, /*offline=*/true);
  return {command, [options] {
            const auto settings = read_settings(options->config, options->flags);
            if (settings.ok()) return replay(options->files, *settings, options->json);
            std::cerr << settings.status().message() << "\n";
            return exit_status(settings.status());
          }};
}

}  // namespace relaysieve
