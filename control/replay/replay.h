// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "census.h"
#include "settings/settings.h"

namespace relaysieve {

struct ReplayFiles {
  std::string input;      // "-" = standard input
  std::string forwarded;  // capture files to be made; empty = none
  std::string dropped;
  std::string verdicts;  // JSON lines to be made; empty = none
};

// Runs a capture through the filter, as if its frames came in on the routers' side at the times they carry.
// Prints the report on standard output and what is wrong on standard error. Returns the exit status: 0 done;
// 1 something could not be written; 2 a file is not what it should be.
int replay(const ReplayFiles& files, const Settings& settings, bool json);

// Who brought what in a capture, by the same run.
absl::StatusOr<CensusTotals> census_of(const std::string& input, const Settings& settings);

}  // namespace relaysieve
