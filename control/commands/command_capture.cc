// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "client/client.h"
#include "commands/commands.h"
#include "commands/follow.h"
#include "commands/output.h"
#include "commands/sight_text.h"
#include "relaysieve/reason.h"
#include "settings/text.h"

namespace relaysieve {
namespace {

constexpr const char* kCaptureExample =
    R"(Without -w a line for each packet. In the file each packet's comment names the reason and the first copy. Of the
server's side only replies are seen. In monitor mode `drop` means what would be dropped. What is read too slowly is
lost and counted: in the packet after it, and in the interfaces' statistics at the end.

Examples: what is dropped, live in Wireshark; a hundred late copies into a file
  relaysieve capture -w - | wireshark -k -i -
  relaysieve capture --reason late_copy --count 100 -w late.pcapng)";

struct CaptureOptions : DaemonOptions {
  std::string verdict, reasons, file, count, seconds, snaplen;

  std::string path(const char* format) const {
    std::string text = absl::StrCat("/v1/capture?format=", format);
    text = with(text, "verdict", verdict);
    text = with(text, "reason", reasons);
    text = with(text, "count", count);
    text = with(text, "seconds", seconds);
    text = with(text, "snaplen", snaplen);
    return text;
  }
};

absl::StatusOr<Output> open_file(const std::string& path) {
  absl::StatusOr<Output> out = Output::open(path);
  if (!out.ok() || !out->is_terminal()) return out;
  return absl::InvalidArgumentError(
      "-w: a capture file is not for a terminal: -w FILE, or | wireshark -k -i -");
}

// The file is emptied when the daemon has something for it, and not for words that are wrong.
absl::Status write_file(const CaptureOptions& options) {
  if (options.json) return absl::InvalidArgumentError("--json: a capture file is pcapng");
  absl::StatusOr<Output> out = absl::UnknownError("not open yet");
  bool begun = false;
  absl::Status status = follow(options.control, options.path("pcapng"), [&](std::string_view piece) {
    if (!std::exchange(begun, true)) out = open_file(options.file);
    return out.ok() && out->write(piece);
  });
  if (begun) status.Update(out.ok() ? out->status() : out.status());
  return status;
}

int capture(const CaptureOptions& options) {
  if (options.file.empty())
    return print_lines(options, options.path("lines"),
                       [](const auto& line) { return render_sight(line, /*with_client=*/true); });
  return end_with(write_file(options));
}

std::string reasons_in_words() {
  std::string words = "only these reasons:";
  for (const ReasonInfo& reason : kReasons) absl::StrAppend(&words, " ", view(reason.name));
  return words;
}

}  // namespace

Command add_capture(CLI::App& app) {
  auto options = std::make_shared<CaptureOptions>();
  CLI::App* command = app.add_subcommand("capture", "show or keep frames as they come, each with its reason");
  command->footer(std::string(kCaptureExample) + kExitStatus);
  command->add_option("--verdict", options->verdict, "drop (default), forward, or all")
      ->type_name("drop|forward|all");
  command->add_option("--reason", options->reasons, reasons_in_words())->type_name("REASON[,REASON..]");
  command->add_option("-w", options->file, "write a pcapng file; - = standard output")->type_name("FILE");
  command->add_option("--count", options->count, "end after so many frames")->type_name("N");
  command->add_option("--seconds", options->seconds, "end after so many seconds")->type_name("S");
  command->add_option("--snaplen", options->snaplen, "bytes kept of a frame; all, if it is not given")
      ->type_name("N");
  options->add_to(*command, "a JSON object a line");
  return {command, [options] { return capture(*options); }};
}

}  // namespace relaysieve
