// SPDX-License-Identifier: Apache-2.0
#include "settings/control_group.h"

#include <grp.h>

#include "absl/strings/str_cat.h"
#include "settings/text.h"

namespace relaysieve {

absl::StatusOr<gid_t> control_group_of(const Settings& settings) {
  const std::string& group = settings.control_group;
  if (group.empty()) return kNoGroup;
  if (const auto number = number_of<gid_t>(group); number && *number != kNoGroup) return *number;
  if (const struct group* found = getgrnam(group.c_str())) return found->gr_gid;
  const Setting& about = setting("control_group");
  return absl::InvalidArgumentError(
      absl::StrCat(head_of(settings, about), ": ", in_quotes(group), " is not a group of this machine"));
}

}  // namespace relaysieve
