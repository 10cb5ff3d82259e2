// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "settings/settings_read.h"

namespace relaysieve {

// What relaysieved takes on its command line, and says of itself in its help.
void add_daemon_flags(CLI::App& app, SettingsSource& source);

}  // namespace relaysieve
