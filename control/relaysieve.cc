// SPDX-License-Identifier: Apache-2.0
// relaysieve, the command line.
#include <CLI/CLI.hpp>
#include <iostream>
#include <nlohmann/json.hpp>

#include "exit_status.h"
#include "replay.h"
#include "settings.h"
#include "status.h"

namespace {

using namespace relaysieve;

// One subcommand: `run` returns the exit status.
struct Command {
  CLI::App* app;
  std::function<int()> run;
};

constexpr const char* kReplayExample =
    R"(Example: what would have been dropped with a window of half a second, and the frames themselves
  relaysieve replay boot.pcap --window 500ms --dropped copies.pcap --verdicts verdicts.jsonl

Exit status: 0 done; 1 it failed; 2 the words or the file given are wrong.)";

Command add_replay(CLI::App& app) {
  struct Options {
    ReplayFiles files;
    std::string config;
    GivenFlags flags;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("replay", "run a capture file through the filter and report");
  command->footer(kReplayExample);
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

Command add_status(CLI::App& app) {
  struct Options {
    std::string control = Settings().control;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("status", "what the running daemon has seen and done");
  command->add_option("--control", options->control, "Unix socket of the daemon")
      ->type_name("PATH")
      ->capture_default_str();
  command->add_flag("--json", options->json, "status as JSON");
  return {command, [options] {
            const auto status = fetch_status(options->control);
            if (status.ok()) {
              std::cout << (options->json ? status->dump(2) + "\n" : render_status(*status));
            } else {
              std::cerr << "relaysieve: " << status.status().message() << "\n";
            }
            return exit_status(status.status());
          }};
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Drops second copies of relayed DHCP requests: the command line.", "relaysieve");
  app.require_subcommand(0, 1);
  app.set_version_flag("--version", RELAYSIEVE_VERSION);
  const std::vector<Command> commands = {add_replay(app), add_status(app)};
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
