// SPDX-License-Identifier: Apache-2.0
#include "daemon/privileges.h"

#include <cap-ng.h>
#include <sys/prctl.h>

#include <cerrno>
#include <vector>

namespace relaysieve {

absl::Status give_up_privileges() {
  constexpr unsigned kNeeded[] = {CAP_NET_ADMIN, CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER};
  capng_get_caps_process();
  // The set that bounds what later programs may gain can only be emptied with SETPCAP; without, it stays as it is.
  const bool bounds = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP) != 0;
  std::vector<unsigned> kept;
  for (const unsigned capability : kNeeded)
    if (capng_have_capability(CAPNG_PERMITTED, capability) != 0) kept.push_back(capability);
  capng_clear(CAPNG_SELECT_BOTH);
  for (const unsigned capability : kept)
    capng_update(CAPNG_ADD, static_cast<capng_type_t>(CAPNG_EFFECTIVE | CAPNG_PERMITTED), capability);
  if (capng_apply(bounds ? CAPNG_SELECT_BOTH : CAPNG_SELECT_CAPS) != 0)
    return absl::InternalError("cannot give up capabilities");
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return absl::ErrnoToStatus(errno, "PR_SET_NO_NEW_PRIVS");
  return absl::OkStatus();
}

}  // namespace relaysieve
