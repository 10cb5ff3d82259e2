// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "settings/settings_read.h"

namespace relaysieve {

// One file for a bug report: what a daemon and its box say of themselves.
struct Exhibit {
  std::string name;
  std::string content;
  std::string missing;  // why there is none; "" = there is
};

// Everything there is to see, as it is: addresses and all. Without a daemon, what there is without it.
std::vector<Exhibit> collect_exhibits(const SettingsSource& source, const Settings& settings);

// Puts other addresses and names in place of those in the exhibits, the same for the same in all (see Masker).
void mask_exhibits(std::vector<Exhibit>& exhibits);

// What the archive holds, and what not, for who opens it.
std::string describe(const std::vector<Exhibit>& exhibits, bool masked);

// Writes FILE.tar.gz, for its owner only. InvalidArgument: there is such a file already.
absl::Status pack(const std::vector<Exhibit>& exhibits, const std::string& file);

}  // namespace relaysieve
