// SPDX-License-Identifier: Apache-2.0
#include "settings/daemon_flags.h"

#include <CLI/CLI.hpp>

#include "version.h"

namespace relaysieve {
namespace {

constexpr const char* kDaemonFooter =
    R"(PORT is the name of a network interface, a PCI address, or vdev: and DPDK's device arguments. SIGHUP makes the daemon read its settings file again.

Example: routers behind eth1, the boot server behind eth2
  relaysieved --routers eth1 --server eth2

Example: routers on cables of their own; and a server with two network cards
  relaysieved --routers eth1,eth2 --server eth3
  relaysieved --wire eth1,eth2 --wire eth3,eth4

Exit status: 0 done; 1 it failed; 2 the words or the file given are wrong.)";

}  // namespace

void add_daemon_flags(CLI::App& app, SettingsSource& source) {
  app.name("relaysieved");
  app.description("Drops second copies of relayed DHCP requests, as a piece of wire between two ports.");
  app.footer(kDaemonFooter);
  app.set_version_flag("--version", kVersion);
  app.add_option("--config", source.file, "settings file (TOML); flags win over it")->type_name("FILE");
  add_flags(app, source.flags, /*offline=*/false);
}

}  // namespace relaysieve
