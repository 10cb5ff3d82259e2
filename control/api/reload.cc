// SPDX-License-Identifier: Apache-2.0
#include "api/reload.h"

#include <spdlog/spdlog.h>
#include <systemd/sd-daemon.h>

#include <chrono>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "api/api.h"
#include "settings/text.h"

namespace relaysieve {
namespace {

// systemd wants to know when a reload began (Type=notify-reload).
std::string beginning() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(now).count();
  return absl::StrCat("RELOADING=1\nMONOTONIC_USEC=", us);
}

}  // namespace

absl::StatusOr<LiveSettings::Reload> reload(Daemon& daemon, const std::string& who) {
  sd_notify(0, beginning().c_str());
  auto reloaded = daemon.reload();
  sd_notify(0, "READY=1");
  if (!reloaded.ok()) {
    for (const auto line : absl::StrSplit(reloaded.status().message(), '\n'))
      spdlog::error("{}: not reloaded: {}", who, std::string(line));
    return reloaded;
  }
  spdlog::info("{} reloaded the settings", who);
  for (const Change& change : reloaded->changes) api::tell_of(daemon, change, who);
  for (const Change& change : reloaded->pending)
    spdlog::warn("{}: {} takes effect at the restart; until then {}", change.name, change.to.dump(),
                 change.from.dump());
  return reloaded;
}

}  // namespace relaysieve
