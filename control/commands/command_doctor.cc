// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include "commands/commands.h"
#include "doctor/doctor_facts.h"
#include "settings/settings_read.h"

namespace relaysieve {
namespace {

constexpr const char* kDoctorFooter =
    R"(Looks at the ports named here, or in the settings file, or at those of the running daemon. Takes what relaysieved takes, needs no
daemon, and no rights; what it could not see for want of them it says.

Example: would these two interfaces do?
  relaysieve doctor --routers eth1 --server eth2

Exit status: 0 there is no problem; 1 there is one; 2 the words or the file given are wrong.)";

struct DoctorOptions {
  SettingsSource source;
  bool json = false;
};

int doctor(const DoctorOptions& options) {
  const auto settings = options.source.read();
  if (!settings.ok()) {
    std::cerr << settings.status().message() << "\n";
    return exit_status(settings.status());
  }
  const nlohmann::ordered_json findings = to_json(examine(gather_facts(*settings)));
  std::cout << (options.json ? findings.dump(2) + "\n" : render_findings(findings, Style::of(STDOUT_FILENO)));
  return findings.at("counts").at("problem").get<size_t>() > 0 ? 1 : 0;
}

}  // namespace

Command add_doctor(CLI::App& app) {
  auto options = std::make_shared<DoctorOptions>();
  CLI::App* command =
      app.add_subcommand("doctor", "look for what is wrong with this box, and say what to do");
  command->footer(kDoctorFooter);
  command->add_option("--config", options->source.file, "settings file (TOML); flags win over it")
      ->type_name("FILE");
  command->add_flag("--json", options->json, "findings as JSON");
  add_flags(*command, options->source.flags, /*offline=*/false);
  return {command, [options] { return doctor(*options); }};
}

}  // namespace relaysieve
