// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace relaysieve {

// The manual, from what the programs are made of: their flags, the table of settings, the list of reasons.
std::string commands_page();  // relaysieve(1)
std::string daemon_page();    // relaysieved(8)
std::string settings_page();  // relaysieve.toml(5)

}  // namespace relaysieve
