// SPDX-License-Identifier: Apache-2.0
// What shows frames as they come: /v1/trace, /v1/capture, /v1/clients.
#include <algorithm>
#include <chrono>
#include <initializer_list>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "api/api.h"
#include "clock.h"
#include "lookout/client_viewer.h"
#include "lookout/stream_viewer.h"
#include "settings/text.h"

namespace relaysieve::api {
namespace {

constexpr size_t kTextRoom = 1 << 20;  // bytes written and not yet read
constexpr size_t kCaptureRoom = 4 << 20;
constexpr uint32_t kLongestMessage = 1522;  // bytes kept of a frame whose message is to be told
constexpr uint64_t kEverything = (uint64_t{1} << kReasonCount) - 1;

absl::Status wrong(absl::string_view what) { return absl::InvalidArgumentError(what); }

absl::Status check_names(const HttpRequest& request, std::initializer_list<const char*> known) {
  for (const auto& [name, value] : request.query)
    if (std::ranges::find(known, std::string_view(name)) == known.end())
      return wrong(
          absl::StrCat(in_quotes(name), " is not a parameter; these are: ", absl::StrJoin(known, ", ")));
  return absl::OkStatus();
}

std::string_view value_of(const HttpRequest& request, std::string_view name) {
  const auto found = request.query.find(name);
  return found == request.query.end() ? std::string_view() : std::string_view(found->second);
}

// A whole number from 1 on; `otherwise` where none is given.
absl::StatusOr<uint32_t> number(const HttpRequest& request, std::string_view name, uint32_t otherwise,
                                uint32_t most = ~uint32_t{0}) {
  if (!request.query.contains(name)) return otherwise;
  const auto value = number_of<uint32_t>(value_of(request, name));
  if (!value || *value == 0 || *value > most)
    return wrong(absl::StrCat(view(name), ": ", in_quotes(value_of(request, name)),
                              " is not a whole number from 1 to ", most));
  return *value;
}

absl::StatusOr<Limits> limits_of(const HttpRequest& request) {
  const auto count = number(request, "count", 0), seconds = number(request, "seconds", 0);
  if (!count.ok()) return count.status();
  if (!seconds.ok()) return seconds.status();
  return Limits{.count = *count, .time = std::chrono::seconds(*seconds)};
}

bool drops(Reason reason) {
  return info(reason).action == Action::drop || info(reason).name.starts_with("would_drop_");
}

// The frames that `verdict` and `reason` ask for.
absl::StatusOr<uint64_t> reasons_of(const HttpRequest& request) {
  const std::string_view listed = value_of(request, "reason");
  std::string_view verdict = value_of(request, "verdict");
  if (verdict.empty()) verdict = listed.empty() ? "drop" : "all";
  if (verdict != "drop" && verdict != "forward" && verdict != "all")
    return wrong(absl::StrCat("verdict: ", in_quotes(verdict), " is not drop, forward or all"));

  uint64_t wanted = listed.empty() ? kEverything : 0;
  for (const absl::string_view name : absl::StrSplit(view(listed), ',', absl::SkipEmpty())) {
    const auto reason =
        std::ranges::find(kReasons, std::string_view(name.data(), name.size()), &ReasonInfo::name);
    if (reason == kReasons.end())
      return wrong(absl::StrCat("reason: ", in_quotes({name.data(), name.size()}),
                                " is none; `relaysieve capture --help` lists them"));
    wanted |= uint64_t{1} << (reason - kReasons.begin());
  }
  for (size_t i = 0; i < kReasonCount; ++i) {
    const auto reason = static_cast<Reason>(i);
    if ((verdict == "drop" && !drops(reason)) ||
        (verdict == "forward" && info(reason).action == Action::drop))
      wanted &= ~TapFilter::bit(reason);
  }
  return wanted;
}

Describer describer(Daemon& daemon) {
  return Describer(daemon.port_names(), [&daemon] { return daemon.relays(); });
}

// Shows to the viewer what the filter lets through, and to the caller what the viewer writes.
HttpReply show(Daemon& daemon, const TapFilter& filter, std::unique_ptr<Viewer> viewer,
               std::shared_ptr<Stream> stream, std::string_view type) {
  if (const absl::Status status = daemon.lookout().show(filter, std::move(viewer)); !status.ok())
    return refuse(503, status.message());
  HttpReply reply;
  reply.type = type;
  reply.stream = std::move(stream);
  return reply;
}

// {"watching": "52:54:00:12:34:56", "mode": "enforce"}
std::string head(Daemon& daemon, const std::string& what) {
  return nlohmann::ordered_json({{"watching", what}, {"mode", word(daemon.settings().policy.mode)}}).dump() +
         "\n";
}

HttpReply bad(const absl::Status& status) { return refuse(400, status.message()); }

}  // namespace

HttpReply trace(Daemon& daemon, const HttpRequest& request) {
  if (const absl::Status status = check_names(request, {"client", "count", "seconds"}); !status.ok())
    return bad(status);
  const auto limits = limits_of(request);
  if (!limits.ok()) return bad(limits.status());
  const auto client = client_id_of(value_of(request, "client"));
  if (!client)
    return refuse(400, absl::StrCat("client: ", in_quotes(value_of(request, "client")),
                                    " is not a hardware address such as 52:54:00:12:34:56, nor a DUID"));
  const auto stream = std::make_shared<Stream>(kTextRoom);
  return show(daemon, {.reasons = kEverything, .client = *client, .longest = kLongestMessage},
              std::make_unique<LineViewer>(stream, describer(daemon), *limits, monotonic(),
                                           head(daemon, client->text())),
              stream, kLines);
}

HttpReply capture(Daemon& daemon, const HttpRequest& request) {
  if (const absl::Status status =
          check_names(request, {"verdict", "reason", "count", "seconds", "snaplen", "format"});
      !status.ok())
    return bad(status);
  const auto limits = limits_of(request);
  const auto reasons = reasons_of(request);
  const auto longest = number(request, "snaplen", ~uint32_t{0});
  for (const absl::Status& status : {limits.status(), reasons.status(), longest.status()})
    if (!status.ok()) return bad(status);
  const std::string_view format = value_of(request, "format");
  if (!format.empty() && format != "pcapng" && format != "lines")
    return refuse(400, absl::StrCat("format: ", in_quotes(format), " is not pcapng or lines"));

  const auto stream = std::make_shared<Stream>(kCaptureRoom);
  if (format == "lines")
    return show(
        daemon, {.reasons = *reasons, .longest = kLongestMessage},
        std::make_unique<LineViewer>(stream, describer(daemon), *limits, monotonic(), head(daemon, "all")),
        stream, kLines);
  return show(daemon, {.reasons = *reasons, .longest = *longest},
              std::make_unique<PcapngViewer>(stream, describer(daemon), *limits, monotonic(), *longest),
              stream, "application/x-pcapng");
}

HttpReply clients(Daemon& daemon, const HttpRequest& request) {
  if (const absl::Status status = check_names(request, {"seconds"}); !status.ok()) return bad(status);
  const auto seconds = number(request, "seconds", 1, 60);
  if (!seconds.ok()) return bad(seconds.status());
  const auto stream = std::make_shared<Stream>(kTextRoom);
  return show(daemon, kRequests,
              std::make_unique<ClientViewer>(stream, std::chrono::seconds(*seconds), monotonic()), stream,
              "application/json");
}

}  // namespace relaysieve::api
