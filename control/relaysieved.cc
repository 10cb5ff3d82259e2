// SPDX-License-Identifier: Apache-2.0
// relaysieved, the daemon.
#include <poll.h>
#include <spdlog/cfg/env.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/signalfd.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "control_api.h"
#include "control_socket.h"
#include "daemon.h"
#include "exit_status.h"
#include "metrics_socket.h"
#include "ports/watchers.h"
#include "settings.h"
#include "status.h"
#include "telemetry.h"
#include "version.h"

namespace {

using namespace relaysieve;

struct Options {
  std::string routers;
  std::string server;
  std::vector<std::string> wires;
  std::string config;
  std::string driver = "auto";
  GivenFlags flags;
};

constexpr const char* kFooter =
    R"(PORT is the name of a network interface, a PCI address, or vdev: and DPDK's device arguments.

Example: routers behind eth1, the boot server behind eth2
  relaysieved --routers eth1 --server eth2

Routers on cables of their own; and a server with two network cards
  relaysieved --routers eth1,eth2 --server eth3
  relaysieved --wire eth1,eth2 --wire eth3,eth4

Exit status: 0 done; 1 it failed; 2 the words or the file given are wrong.)";

void add_options(CLI::App& app, Options& options) {
  app.footer(kFooter);
  app.set_version_flag("--version", kVersion);
  app.add_option("--routers", options.routers, "port that the routers are behind, or several")
      ->type_name("PORT[,PORT..]");
  app.add_option("--server", options.server, "port that the boot server is behind")->type_name("PORT");
  app.add_option("--wire", options.wires,
                 "instead of these two: a routers' port and a server's; once for each wire")
      ->type_name("PORT,PORT")
      ->allow_extra_args(false);
  app.add_option("--config", options.config, "settings file (TOML); flags win over it")->type_name("FILE");
  app.add_option("--driver", options.driver, "how a network interface is opened")
      ->check(CLI::IsMember(std::vector<std::string>(kDriverNames.begin(), kDriverNames.end())))
      ->type_name("auto|af_packet|af_xdp");
  add_flags(app, options.flags, /*offline=*/false);
}

// One of kDriverNames.
Driver driver_of(const std::string& name) {
  return static_cast<Driver>(std::ranges::find(kDriverNames, name) - kDriverNames.begin());
}

absl::StatusOr<Settings> settings_of(const Options& options) {
  std::error_code none;
  const bool usual = options.config.empty() && std::filesystem::exists(kSettingsFile, none);
  return read_settings(usual ? kSettingsFile : options.config, options.flags);
}

// Waits for the end: a signal, or a port that is gone. Meanwhile it watches the workers and the links.
absl::Status wait_for_the_end(Daemon& daemon, int signals) {
  constexpr auto kPeriod = std::chrono::duration_cast<std::chrono::milliseconds>(StallWatch::kPeriod);
  pollfd news[] = {{signals, POLLIN, 0}, {daemon.link_news(), POLLIN, 0}};
  while (true) {
    poll(news, std::size(news), kPeriod.count());
    signalfd_siginfo signal{};
    if (read(signals, &signal, sizeof signal) == sizeof signal) {
      spdlog::info("{}: ending", strsignal(static_cast<int>(signal.ssi_signo)));
      return absl::OkStatus();
    }
    daemon.watch_workers();
    if (absl::Status status = daemon.check(); !status.ok()) return status;
  }
}

absl::Status run(const Options& options) {
  sigset_t signals;  // blocked before the first thread starts, so in all of them
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);

  const absl::StatusOr<Settings> settings = settings_of(options);
  if (!settings.ok()) return settings.status();
  const auto plan = plan_wires(options.routers, options.server, options.wires);
  if (!plan.ok()) return plan.status();
  auto control = ControlSocket::listen(settings->control);
  if (!control.ok()) return control.status();
  auto metrics = MetricsSocket::listen(*settings);
  if (!metrics.ok()) return metrics.status();
  auto daemon = Daemon::open(*plan, *settings, driver_of(options.driver));
  if (!daemon.ok()) return daemon.status();

  (*daemon)->start();
  absl::Status status =
      (*control)->serve([&](const HttpRequest& request) { return answer(**daemon, request); });
  if (!status.ok()) return status;
  status = (*metrics)->serve([&] { return (*daemon)->snapshot(); });
  if (!status.ok()) return status;
  const Telemetry telemetry([&] { return (*daemon)->status(); });
  std::cout << "relaysieved: ready" << std::endl;
  sd_notify(0, "READY=1");
  status = wait_for_the_end(**daemon, signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
  sd_notify(0, "STOPPING=1");
  control->reset();  // nobody asks from here on
  metrics->reset();
  (*daemon)->stop();
  std::cout << render_status((*daemon)->status()) << std::flush;
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  if (const std::optional<int> helped = help_watchers()) return *helped;
  spdlog::set_default_logger(spdlog::stderr_logger_mt("relaysieved"));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e %n: %l: %v");
  spdlog::cfg::load_env_levels();  // SPDLOG_LEVEL=debug adds what DPDK says

  CLI::App app("Drops second copies of relayed DHCP requests, as a piece of wire between two ports.",
               "relaysieved");
  Options options;
  add_options(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {  // --help, --version
    return app.exit(success);
  } catch (const CLI::Error& error) {
    std::cerr << "relaysieved: " << error.what() << "\n";
    return 2;
  }
  const absl::Status status = run(options);
  if (!status.ok()) std::cerr << "relaysieved: " << status.message() << "\n";
  return exit_status(status);
}
