// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/status/status.h"

namespace relaysieve {

// Once the ports are open: of its capabilities (capabilities(7)) the calling thread, and every thread that it starts, keeps
// NET_ADMIN, by which the interfaces get their offloads back when the daemon ends; and CHOWN, DAC_OVERRIDE and FOWNER, as far
// as it has them, for a settings file that is somebody else's. No program that it could start has any, nor gains one by
// its file (PR_SET_NO_NEW_PRIVS). The threads that DPDK has started by then keep theirs.
absl::Status give_up_privileges();

}  // namespace relaysieve
