// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "client/client.h"
#include "commands/commands.h"

namespace relaysieve {
namespace {

using nlohmann::ordered_json;

constexpr const char* kEventsExample =
    R"(One line each: time, level, name, sentence. The last 1,000 are kept; the journal has them all:
  journalctl RELAYSIEVE_EVENT=relay_silent

Example: what has happened in the last hour, and what happens from now on
  relaysieve events --since 1h --follow)";

struct EventOptions : DaemonOptions {
  size_t last = 1000;
  std::string since;
  bool follow = false;
};

// "10m" is so long ago; else a time, as RFC 3339 or in local time.
absl::StatusOr<absl::Time> time_of(const std::string& text) {
  absl::Duration ago;
  absl::Time time;
  std::string error;
  if (text.empty()) return absl::InfinitePast();
  if (absl::ParseDuration(text, &ago)) return absl::Now() - ago;
  for (const char* format : {absl::RFC3339_full, "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d"})
    if (absl::ParseTime(format, text, absl::LocalTimeZone(), &time, &error)) return time;
  return absl::InvalidArgumentError(
      absl::StrCat("--since: \"", text, "\" is neither a duration such as 10m nor a time such as \"",
                   absl::FormatTime("%Y-%m-%d %H:%M", absl::Now(), absl::LocalTimeZone()), "\""));
}

absl::Time time_of(const ordered_json& event) {
  absl::Time time = absl::InfiniteFuture();
  std::string error;
  absl::ParseTime(absl::RFC3339_full, event.at("time").get<std::string>(), &time, &error);
  return time;
}

std::string events_in_words(const ordered_json& event) {
  const auto left_out = event.at("left_out").get<uint64_t>();
  return absl::StrFormat("%s  %-7s  %-16s  %s%s\n",
                         absl::FormatTime("%Y-%m-%d %H:%M:%S", time_of(event), absl::LocalTimeZone()),
                         event.at("level").get<std::string>(), event.at("event").get<std::string>(),
                         event.at("text").get<std::string>(),
                         left_out == 0 ? "" : absl::StrFormat(" (%d more were left out)", left_out));
}

void fail(const absl::Status& status) {
  for (const auto line : absl::StrSplit(status.message(), '\n')) std::cerr << "relaysieve: " << line << "\n";
}

// What is kept, but for what is not asked for.
void choose(ordered_json& said, absl::Time since, size_t last) {
  auto& events = said.at("events").get_ref<ordered_json::array_t&>();
  std::erase_if(events, [&](const ordered_json& event) { return time_of(event) < since; });
  if (events.size() > last) events.erase(events.begin(), events.end() - static_cast<ptrdiff_t>(last));
}

int print(const EventOptions& options, absl::Time since) {
  absl::StatusOr<ordered_json> said = ask(options.control, "GET", "/v1/events");
  if (said.ok()) choose(*said, since, options.last);
  return options.print(said, [](const ordered_json& chosen) {
    std::string lines;
    for (const ordered_json& event : chosen.at("events")) absl::StrAppend(&lines, events_in_words(event));
    return lines;
  });
}

// The numbers have no gap: where one is missing, this reader was too slow.
int follow(const EventOptions& options, absl::Time since) {
  absl::StatusOr<ordered_json> kept = ask(options.control, "GET", "/v1/events");
  if (!kept.ok()) return options.print(kept, events_in_words);
  choose(*kept, since, options.last);
  const auto& events = kept->at("events");
  uint64_t first = events.empty() ? 0 : events.front().at("number").get<uint64_t>();
  uint64_t seen = 0;
  const auto take = [&](std::string_view line) {
    const ordered_json event = ordered_json::parse(line);
    const auto number = event.at("number").get<uint64_t>();
    if (number < first || (first == 0 && time_of(event) < since)) return true;
    if (seen != 0 && number > seen + 1)
      std::cerr << "relaysieve: " << number - seen - 1 << " events were lost: this reader is too slow\n";
    seen = number;
    std::cout << (options.json ? std::string(line) + "\n" : events_in_words(event)) << std::flush;
    return true;
  };
  const absl::Status status = follow_lines(options.control, "/v1/events/stream", take);
  if (!status.ok()) fail(status);
  return exit_status(status);
}

}  // namespace

Command add_events(CLI::App& app) {
  auto options = std::make_shared<EventOptions>();
  CLI::App* command =
      app.add_subcommand("events", "what has happened to relays, ports, workers and settings");
  command->footer(std::string(kEventsExample) + kExitStatus);
  command->add_option("--last", options->last, "the latest so many")->type_name("N");
  command->add_option("--since", options->since, "those of so long, or since then")->type_name("10m|TIME");
  command->add_flag("--follow", options->follow, "and what happens from now on, until Ctrl-C");
  options->add_to(*command, "as JSON; with --follow an object a line");
  return {command, [options] {
            const absl::StatusOr<absl::Time> since = time_of(options->since);
            if (!since.ok()) {
              fail(since.status());
              return exit_status(since.status());
            }
            try {
              return options->follow ? follow(*options, *since) : print(*options, *since);
            } catch (const nlohmann::json::exception&) {
              std::cerr << "relaysieve: these events cannot be shown; curl shows them as they are\n";
              return 1;
            }
          }};
}

}  // namespace relaysieve
