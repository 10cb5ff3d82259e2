// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "doctor/doctor.h"
#include "settings/settings.h"

namespace relaysieve {

// Looks at this machine as a daemon with these settings would meet it, and asks the one that answers on their control
// socket, if there is one. Without ports in the settings it is that daemon's ports. Changes nothing, and needs no rights: what
// cannot be seen without them is left out, or says so.
Facts gather_facts(const Settings& settings);

// Its two parts, but for the daemon.
void look_at_machine(Facts& facts);
void look_at_ports(Facts& facts);

}  // namespace relaysieve
