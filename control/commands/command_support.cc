// SPDX-License-Identifier: Apache-2.0
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "commands/commands.h"
#include "support/support.h"

namespace relaysieve {
namespace {

constexpr const char* kSupportExample =
    R"(The archive says in its README.txt what is in it, and what was masked. It works without a daemon too.

Example: for a bug report
  relaysieve support -o case-4711.tar.gz)";

struct SupportOptions {
  SettingsSource source;
  std::string file;
  bool no_mask = false;
  bool json = false;
};

int not_packed(const absl::Status& status, const char* prefix) {
  std::cerr << prefix << status.message() << "\n";
  return exit_status(status);
}

nlohmann::ordered_json to_json(const std::vector<Exhibit>& exhibits, const SupportOptions& options) {
  nlohmann::ordered_json entries = nlohmann::ordered_json::array();
  for (const Exhibit& exhibit : exhibits) {
    entries.push_back({{"name", exhibit.name}, {"bytes", exhibit.content.size()}});
    if (!exhibit.missing.empty()) entries.back()["missing"] = exhibit.missing;
  }
  return {{"file", options.file}, {"masked", !options.no_mask}, {"entries", entries}};
}

int support(SupportOptions options) {
  if (options.file.empty())
    options.file = "relaysieve-support-" +
                   absl::FormatTime("%Y%m%d-%H%M%S", absl::Now(), absl::LocalTimeZone()) + ".tar.gz";
  const auto settings = options.source.read();
  if (!settings.ok()) return not_packed(settings.status(), "");
  std::vector<Exhibit> exhibits = collect_exhibits(options.source, *settings);
  if (!options.no_mask) mask_exhibits(exhibits);
  exhibits.push_back({"README.txt", describe(exhibits, !options.no_mask), ""});
  if (absl::Status status = pack(exhibits, options.file); !status.ok())
    return not_packed(status, "relaysieve: ");
  const nlohmann::ordered_json report = to_json(exhibits, options);
  if (options.json) {
    std::cout << report.dump(2) << "\n";
    return 0;
  }
  for (const auto& entry : report.at("entries"))
    if (entry.contains("missing"))
      std::cout << "without " << entry.at("name").get<std::string>() << ": "
                << entry.at("missing").get<std::string>() << "\n";
  std::cout << options.file
            << (options.no_mask ? ": nothing is masked\n"
                                : ": addresses are masked; look into it before you send it\n");
  return 0;
}

}  // namespace

Command add_support(CLI::App& app) {
  auto options = std::make_shared<SupportOptions>();
  CLI::App* command =
      app.add_subcommand("support", "put all that is worth knowing for a bug report into one archive");
  command->footer(std::string(kSupportExample) + kExitStatus);
  command
      ->add_option("-o,--output", options->file,
                   "archive to write; default relaysieve-support-DATE-TIME.tar.gz")
      ->type_name("FILE");
  command->add_flag("--no-mask", options->no_mask, "leave addresses and names as they are");
  command->add_option("--config", options->source.file, "settings file (TOML); flags win over it")
      ->type_name("FILE");
  command->add_flag("--json", options->json, "what went into it, as JSON");
  add_flags(*command, options->source.flags, /*offline=*/false);
  return {command, [options] { return support(*options); }};
}

}  // namespace relaysieve
