// SPDX-License-Identifier: Apache-2.0
#include "client/client.h"
#include "commands/commands.h"
#include "commands/follow.h"
#include "commands/sight_text.h"

namespace relaysieve {
namespace {

constexpr const char* kTraceExample =
    R"(Each request of the client, each copy and each reply, until Ctrl-C: when, what, by which relay, what became of it and why.

Examples: why does this client not boot; the same for a script, for a minute at most
  relaysieve trace 52:54:00:12:34:56
  relaysieve trace 5254.0012.3456 --json --seconds 60)";

struct TraceOptions : DaemonOptions {
  std::string client, count, seconds;
};

int trace(const TraceOptions& options) {
  std::string path = with("/v1/trace", "client", options.client);
  path = with(path, "count", options.count);
  path = with(path, "seconds", options.seconds);
  return print_lines(options, path,
                     [](const auto& line) { return render_sight(line, /*with_client=*/false); });
}

}  // namespace

Command add_trace(CLI::App& app) {
  auto options = std::make_shared<TraceOptions>();
  CLI::App* command = app.add_subcommand("trace", "show a client's requests and the replies as they come");
  command->footer(std::string(kTraceExample) + kExitStatus);
  command
      ->add_option("CHADDR", options->client, "the client's hardware address, 52:54:00:12:34:56, or its DUID")
      ->required()
      ->type_name("");
  command->add_option("--count", options->count, "end after so many frames")->type_name("N");
  command->add_option("--seconds", options->seconds, "end after so many seconds")->type_name("S");
  options->add_to(*command, "a JSON object a line");
  return {command, [options] { return trace(*options); }};
}

}  // namespace relaysieve
