// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "replay/tally.h"
#include "settings/settings.h"

namespace relaysieve {

// What a replay has to say when it is done.
struct Report {
  std::string input;
  uint64_t frames_read = 0;
  std::string broken;  // where and how the capture broke; empty = it did not
  const Settings& settings;
  const Tally& tally;

  bool sums_agree() const { return tally.sums_agree(frames_read); }
};

std::string report_text(const Report& report);
nlohmann::ordered_json report_json(const Report& report);

}  // namespace relaysieve
