// SPDX-License-Identifier: Apache-2.0
#include "status/style.h"

#include <unistd.h>

#include <cstdlib>

namespace relaysieve {
namespace {

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

// Select Graphic Rendition, ECMA-48 8.3.117.
constexpr std::string_view code_of(Level level) {
  switch (level) {
    case Level::ok:
      return "32";  // green
    case Level::note:
      return "36";  // cyan
    case Level::warning:
      return "33";  // yellow
    case Level::problem:
      return "1;31";  // bold red
  }
  return "0";
}

}  // namespace

Style Style::of(int descriptor) {
  const char* terminal = std::getenv("TERM");
  const bool able = terminal != nullptr && *terminal != '\0' && std::string_view(terminal) != "dumb";
  return Style(isatty(descriptor) == 1 && able && !is_set("NO_COLOR"));
}

std::string Style::operator()(Level level, std::string_view text) const { return with(code_of(level), text); }
std::string Style::strong(std::string_view text) const { return with("1", text); }
std::string Style::faint(std::string_view text) const { return with("2", text); }

std::string Style::with(std::string_view code, std::string_view text) const {
  if (!colours_) return std::string(text);
  return std::string("\x1b[").append(code).append("m").append(text).append("\x1b[0m");
}

}  // namespace relaysieve
