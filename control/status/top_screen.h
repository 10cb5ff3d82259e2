// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "status/level.h"

namespace relaysieve {

// What `relaysieve top` shows, as lines; it knows neither a terminal nor a daemon.

// One look at a daemon: /v1/status, /v1/relays, /v1/clients. Null: that was not told.
struct TopLook {
  nlohmann::ordered_json status, relays, clients;
};

// What is listed first, by the key that chooses it.
enum class TopOrder : char { copies = 'c', dropped = 'd', late = 'l', recent = 'r' };
inline constexpr std::string_view kTopOrders = "cdlr";

struct TopLine {
  enum class Kind : uint8_t { plain, title, heading, footer };
  std::string text;
  Kind kind = Kind::plain;
  std::optional<Level> level{};  // of what it says
};

struct TopSize {
  size_t rows, columns;
};

// `before`: an earlier look, whose counts make rates of the relays'; without one they are since the start.
// At most `size.rows` lines of `size.columns` bytes; what has no room is left out, relays and clients last in their lists first.
std::vector<TopLine> top_screen(const TopLook& now, const TopLook* before, TopOrder order, TopSize size);

}  // namespace relaysieve
