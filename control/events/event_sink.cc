// SPDX-License-Identifier: Apache-2.0
#include "events/event_sink.h"

#define SD_JOURNAL_SUPPRESS_LOCATION  // nobody looks for an event in this file
#include <spdlog/cfg/env.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/sinks/systemd_sink.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include <cstdlib>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "settings/text.h"

namespace relaysieve {
namespace {

constexpr const char* kName = "relaysieved";

bool journal_reads_us() {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat error {};
  return stream != nullptr && fstat(STDERR_FILENO, &error) == 0 &&
         absl::StrCat(error.st_dev, ":", error.st_ino) == stream;
}

int priority(Severity severity) {  // syslog(3)
  constexpr int kPriorities[] = {6, 4, 3};
  return kPriorities[static_cast<size_t>(severity)];
}

void to_journal(const Event& event) {
  const EventInfo& about = info(event.what.kind);
  std::vector<std::string> fields = {
      absl::StrCat("MESSAGE=", line_of(event)),         absl::StrCat("PRIORITY=", priority(about.severity)),
      absl::StrCat("SYSLOG_IDENTIFIER=", kName),        absl::StrCat("RELAYSIEVE_EVENT=", view(about.name)),
      absl::StrCat("RELAYSIEVE_NUMBER=", event.number), absl::StrCat("RELAYSIEVE_LEFT_OUT=", event.left_out),
  };
  if (!event.what.about.empty())
    fields.push_back(
        absl::StrCat("RELAYSIEVE_", absl::AsciiStrToUpper(view(word(about.about))), "=", event.what.about));
  std::vector<iovec> pieces;
  for (std::string& field : fields) pieces.push_back({field.data(), field.size()});
  sd_journal_sendv(pieces.data(), static_cast<int>(pieces.size()));
}

void to_log(const Event& event) {
  constexpr spdlog::level::level_enum kLevels[] = {spdlog::level::info, spdlog::level::warn,
                                                   spdlog::level::err};
  spdlog::log(kLevels[static_cast<size_t>(info(event.what.kind).severity)], "{}", line_of(event));
}

}  // namespace

void set_up_log() {
  if (journal_reads_us()) {
    spdlog::set_default_logger(
        std::make_shared<spdlog::logger>(kName, std::make_shared<spdlog::sinks::systemd_sink_mt>(kName)));
  } else {
    spdlog::set_default_logger(spdlog::stderr_logger_mt(kName));
    spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e %n: %l: %v");
  }
  spdlog::cfg::load_env_levels();  // SPDLOG_LEVEL=debug adds what DPDK says
}

EventLog::Sink event_sink() { return journal_reads_us() ? to_journal : to_log; }

}  // namespace relaysieve
