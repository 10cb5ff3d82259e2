// SPDX-License-Identifier: Apache-2.0
#include "client/client.h"
#include "commands/commands.h"

namespace relaysieve {
namespace {

constexpr const char* kFlushExample =
    R"(A copy whose first copy came before passes once more.

Example: begin anew after routers have moved
  relaysieve flush)";

}  // namespace

Command add_flush(CLI::App& app) {
  auto options = std::make_shared<DaemonOptions>();
  CLI::App* command = app.add_subcommand("flush", "forget every client and request");
  command->footer(std::string(kFlushExample) + kExitStatus);
  options->add_to(*command, "the answer as JSON");
  return {command, [options] {
            const auto in_words = [](const auto&) { return std::string("flushed: nothing is remembered\n"); };
            return options->print(ask(options->control, "POST", "/v1/flush"), in_words);
          }};
}

}  // namespace relaysieve
