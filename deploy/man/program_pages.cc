// SPDX-License-Identifier: Apache-2.0
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "commands/commands.h"
#include "commands/option_text.h"
#include "page.h"
#include "pages.h"
#include "relaysieve/reason.h"
#include "settings/daemon_flags.h"

namespace relaysieve {
namespace {

// "-h, --help", "--window TIME", "FILE"
std::string term_of(const CLI::Option& option) {
  const std::string names = absl::StrJoin(names_of(option), ", "), metavar = metavar_of(option);
  return absl::StrCat(names, names.empty() || metavar.empty() ? "" : " ", metavar);
}

void options(Page& page, const CLI::App& app) {
  for (const CLI::Option* option : app.get_options()) {
    const std::string preset = option->get_default_str();
    page.item(term_of(*option), absl::StrCat(option->get_description(),
                                             preset.empty() ? "" : absl::StrCat(" (default ", preset, ")")));
  }
}

// What stands below the flags, without the usual exit status: that has a section of its own.
std::string footer(const CLI::App& app) {
  return std::string(absl::StripSuffix(app.get_footer(), kExitStatus));
}

void command(Page& page, const CLI::App& app, const std::string& path) {
  const auto below = app.get_subcommands([](const CLI::App*) { return true; });
  if (below.empty()) {
    page.subsection(path);
    page.paragraph(app.get_description());
    options(page, app);
    page.help(footer(app));
  }
  for (const CLI::App* sub : below) command(page, *sub, absl::StrCat(path, " ", sub->get_name()));
}

void exit_status(Page& page) {
  page.section("EXIT STATUS");
  page.item("0", "done");
  page.item("1", "it failed");
  page.item("2",
            "the words or the file given are wrong: a line for each mistake says where and what is allowed");
}

}  // namespace

std::string commands_page() {
  CLI::App app;
  const std::vector<Command> commands = add_commands(app);
  Page page("relaysieve", 1, "drops second copies of relayed DHCP requests: the command line");
  page.section("SYNOPSIS");
  page.literal("relaysieve COMMAND [OPTION...]");
  page.section("DESCRIPTION");
  page.paragraph(
      "relaysieve talks to relaysieved(8) through its control socket, and works on captures and settings "
      "files without it, and without any privilege.");
  page.section("COMMANDS");
  for (const Command& one : commands) command(page, *one.app, one.app->get_name());
  page.section("REASONS");
  page.paragraph("Why a frame was forwarded or dropped, as status, replay, trace and the metrics call it:");
  for (const ReasonInfo& reason : kReasons)
    page.item(reason.name, absl::StrCat(reason.action == Action::drop ? "dropped: " : "forwarded: ",
                                        absl::string_view(reason.sentence.data(), reason.sentence.size())));
  exit_status(page);
  page.section("ENVIRONMENT");
  page.item("NO_COLOR", "if it is set to anything, nothing is coloured");
  page.section("SEE ALSO");
  page.paragraph("relaysieve.toml(5), relaysieved(8)");
  return page.text();
}

std::string daemon_page() {
  CLI::App app;
  SettingsSource source;
  add_daemon_flags(app, source);
  Page page("relaysieved", 8, "drops second copies of relayed DHCP requests, as a piece of wire");
  page.section("SYNOPSIS");
  page.literal(
      "relaysieved [--routers PORT[,PORT..] --server PORT] [OPTION...]\nrelaysieved --wire PORT,PORT... "
      "[OPTION...]");
  page.section("DESCRIPTION");
  page.help(footer(app));
  page.section("OPTIONS");
  options(page, app);
  page.section("SIGNALS");
  page.item("SIGHUP", "reads the settings file again, as `relaysieve reload` does");
  page.item("SIGTERM, SIGINT", "ends, and prints what has been counted");
  exit_status(page);
  page.section("FILES");
  page.item(kSettingsFile, "settings, if --config names no other file");
  page.item(Settings().control,
            "control socket, for root and control_group; under systemd /run/relaysieve/NAME.sock");
  page.section("SEE ALSO");
  page.paragraph("relaysieve(1), relaysieve.toml(5)");
  return page.text();
}

}  // namespace relaysieve
