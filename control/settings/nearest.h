// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace relaysieve {

// The word of a list that somebody may have meant: a letter in three is another one, left out or too much, or has
// changed places with the next.
std::optional<std::string_view> nearest(std::string_view typed, std::span<const std::string_view> words);

}  // namespace relaysieve
