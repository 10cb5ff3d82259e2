// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/str_format.h"

namespace relaysieve {

// What a status says.
inline uint64_t number(const nlohmann::ordered_json& object, const char* name) {
  return object.at(name).get<uint64_t>();
}
inline std::string text(const nlohmann::ordered_json& object, const char* name) {
  return object.at(name).get<std::string>();
}

// A rate in three figures, or so: 0, 0.4, 12.3, 456, 7.89k, 1.2G.
inline std::string print_rate(double rate) {
  const char* units[] = {"", "k", "M", "G", "T"};
  size_t unit = 0;
  for (; rate >= 999.5 && unit + 1 < std::size(units); ++unit) rate /= 1000;
  if (rate == 0) return "0";
  const int places = rate >= 99.95 ? 0 : rate >= 9.995 || unit == 0 ? 1 : 2;
  return absl::StrFormat("%.*f%s", places, rate, units[unit]);
}

}  // namespace relaysieve
