// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace relaysieve {

// Which DHCP a frame is of; `none` for what is no DHCP at all, or was not looked at.
enum class Family : uint8_t { none, v4, v6 };

inline constexpr std::array<std::string_view, 3> kFamilies = {"", "v4", "v6"};  // as users see them

}  // namespace relaysieve
