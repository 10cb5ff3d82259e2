// SPDX-License-Identifier: Apache-2.0
// relaysieved, the daemon.
#include <poll.h>
#include <sys/signalfd.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstring>
#include <iostream>
#include <new>
#include <nlohmann/json.hpp>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/str_split.h"
#include "api/control_api.h"
#include "api/control_socket.h"
#include "api/reload.h"
#include "api/telemetry.h"
#include "daemon/daemon.h"
#include "daemon/privileges.h"
#include "events/event_sink.h"
#include "exit_status.h"
#include "metrics/metrics_socket.h"
#include "ports/watchers.h"
#include "settings/daemon_flags.h"
#include "status/status.h"

namespace {

using namespace relaysieve;

// Waits for the end: a signal, or a port that is gone. Meanwhile it watches the workers and the links, and SIGHUP makes
// it read its settings again.
absl::Status wait_for_the_end(Daemon& daemon, int signals) {
  constexpr auto kPeriod = std::chrono::duration_cast<std::chrono::milliseconds>(StallWatch::kPeriod);
  pollfd news[] = {{signals, POLLIN, 0}, {daemon.link_news(), POLLIN, 0}};
  while (true) {
    poll(news, std::size(news), kPeriod.count());
    signalfd_siginfo signal{};
    if (read(signals, &signal, sizeof signal) == sizeof signal) {
      const char* name = strsignal(static_cast<int>(signal.ssi_signo));
      if (signal.ssi_signo != SIGHUP) {
        daemon.events().tell(EventKind::stopping, "", absl::StrCat(name, ": ending"));
        return absl::OkStatus();
      }
      reload(daemon, absl::StrCat("SIGHUP from uid ", signal.ssi_uid)).IgnoreError();
    }
    daemon.watch_workers();
    if (absl::Status status = daemon.check(); !status.ok()) {
      daemon.events().tell(EventKind::stopping, "", std::string(status.message()));
      return status;
    }
  }
}

absl::Status run(const SettingsSource& source) {
  sigset_t signals;  // blocked before the first thread starts, so in all of them
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);

  const absl::StatusOr<Settings> settings = source.read();
  if (!settings.ok()) return settings.status();
  const auto plan = complete_plan(*settings);
  if (!plan.ok()) return plan.status();
  auto control = ControlSocket::listen(*settings);
  if (!control.ok()) return control.status();
  auto metrics = MetricsSocket::listen(*settings);
  if (!metrics.ok()) return metrics.status();
  auto daemon = Daemon::open(*plan, *settings, source);
  if (!daemon.ok()) return daemon.status();
  absl::Status status = give_up_privileges();
  if (!status.ok()) return status;

  (*daemon)->start();
  status = (*control)->serve([&](const HttpRequest& request) { return answer(**daemon, request); });
  if (!status.ok()) return status;
  status = (*metrics)->serve([&] { return (*daemon)->metrics(); });
  if (!status.ok()) return status;
  const Telemetry telemetry([&] { return (*daemon)->status(); });
  std::cout << "relaysieved: ready" << std::endl;
  sd_notify(0, "READY=1");
  status = wait_for_the_end(**daemon, signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
  sd_notify(0, "STOPPING=1");
  (*daemon)->lookout().stop();  // who is shown frames gets the last word
  control->reset();             // nobody asks from here on
  metrics->reset();
  (*daemon)->stop();
  std::cout << render_status((*daemon)->status()) << std::flush;
  return status;
}

// Memory, threads: what cannot be had at the start is said like everything else.
absl::Status run_if_there_is_room(const SettingsSource& source) {
  try {
    return run(source);
  } catch (const std::bad_alloc&) {
    return absl::ResourceExhaustedError("no memory");
  } catch (const std::system_error& error) {
    return absl::ResourceExhaustedError(absl::StrCat("no thread can be started: ", error.what()));
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (const std::optional<int> helped = help_watchers()) return *helped;
  set_up_log();

  CLI::App app;
  SettingsSource source;
  add_daemon_flags(app, source);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {  // --help, --version
    return app.exit(success);
  } catch (const CLI::Error& error) {
    std::cerr << "relaysieved: " << error.what() << "\n";
    return 2;
  }
  const absl::Status status = run_if_there_is_room(source);
  if (!status.ok())
    for (const auto line : absl::StrSplit(status.message(), '\n'))
      std::cerr << "relaysieved: " << line << "\n";
  return exit_status(status);
}
