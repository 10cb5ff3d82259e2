// SPDX-License-Identifier: Apache-2.0
#include "commands/follow.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/client.h"
#include "commands/output.h"

namespace relaysieve {

using nlohmann::ordered_json;

std::string with(const std::string& path, const std::string& name, const std::string& value) {
  if (value.empty()) return path;
  std::string text = absl::StrCat(path, path.find('?') == path.npos ? "?" : "&", name, "=");
  for (const unsigned char c : value) {
    if (absl::ascii_isalnum(c) || c == '.' || c == '-' || c == '_' || c == ':' || c == ',') {
      text.push_back(static_cast<char>(c));
    } else {
      absl::StrAppendFormat(&text, "%%%02x", c);
    }
  }
  return text;
}

int end_with(const absl::Status& status) {
  if (!status.ok())
    for (const auto line : absl::StrSplit(status.message(), '\n'))
      std::cerr << "relaysieve: " << line << "\n";
  return exit_status(status);
}

int print_lines(const DaemonOptions& options, const std::string& path,
                const std::function<std::string(const ordered_json&)>& words) {
  Output out = *Output::open("-");
  absl::Status status = follow_lines(options.control, path, [&](std::string_view line) {
    if (options.json) return out.write(absl::StrCat(absl::string_view(line.data(), line.size()), "\n"));
    const ordered_json said = ordered_json::parse(line, nullptr, /*allow_exceptions=*/false);
    return !said.is_object() || out.write(words(said));
  });
  status.Update(out.status());
  return end_with(status);
}

}  // namespace relaysieve
