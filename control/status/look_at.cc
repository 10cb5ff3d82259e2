// SPDX-License-Identifier: Apache-2.0
#include "status/look_at.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "relaysieve/reason.h"

namespace relaysieve {
namespace {

using Json = nlohmann::ordered_json;
using Hint = std::optional<LookAt>;

constexpr double kQuiet = 600;            // s without a request while frames flow
constexpr uint64_t kEnoughForAPair = 20;  // requests, after which the second relay should have shown
constexpr uint64_t kRareLate = 1000;      // of so many requests one late copy is no matter
constexpr uint64_t kRareStrange = 100;    // nor is one twin, or one rewritten request
constexpr double kFull = 0.95;            // of the memory
constexpr double kRoomy = 0.5;            // of it: evictions below come from one place, not from many clients

uint64_t count(const Json& status, Reason reason) {
  return status.at("reasons").value(std::string(info(reason).name), uint64_t{0});
}

uint64_t requests(const Json& status) {
  return status.at("requests").at("forwarded").get<uint64_t>() +
         status.at("requests").at("dropped").get<uint64_t>();
}

std::string name_of(const Json& port) { return port.at("name").get<std::string>(); }

Hint stalled_worker(const Json& status) {
  const Json& workers = status.at("workers");
  for (size_t i = 0; i < workers.size(); ++i)
    if (workers[i].at("stalled").get<bool>())
      return LookAt{Level::problem, absl::StrCat("worker ", i, " stands still, and its frames with it"),
                    "relaysieve events"};
  return std::nullopt;
}

Hint lost_link(const Json& status) {
  std::vector<std::string> down;
  std::vector<std::string> held;
  for (const Json& port : status.at("ports")) {
    if (port.at("link").get<bool>()) continue;
    (port.at("held").get<bool>() ? held : down).push_back(name_of(port));
  }
  if (down.empty() && held.empty()) return std::nullopt;
  std::string text = down.empty() ? "" : absl::StrCat("no link: port ", absl::StrJoin(down, ", "));
  if (!held.empty())
    absl::StrAppend(&text, text.empty() ? "" : "; ", "held down with it (link_loss): port ",
                    absl::StrJoin(held, ", "));
  return LookAt{Level::problem, text, absl::StrCat("ip link show ", (down.empty() ? held : down).front())};
}

Hint mode(const Json& status) {
  const auto mode = status.at("mode").get<std::string>();
  if (mode == "enforce") return std::nullopt;
  const char* what = mode == "bypass" ? "nothing is looked at" : "second copies are counted, and forwarded";
  return LookAt{Level::warning, absl::StrCat("mode ", mode, ": ", what), "relaysieve mode enforce"};
}

// Where frames are being lost, by what `name` counts.
Hint lost_frames(const Json& status, const char* name, const char* what) {
  for (const Json& port : status.at("rates").at("ports"))
    if (const auto rate = port.at(name).get<double>(); rate > 0)
      return LookAt{Level::problem, absl::StrCat("port ", name_of(port), " ", what, ", ", rate, " a second"),
                    "relaysieve doctor"};
  return std::nullopt;
}

Hint refused(const Json& status) { return lost_frames(status, "refused", "refuses frames"); }
Hint missed(const Json& status) { return lost_frames(status, "missed", "loses frames before they are seen"); }

Hint late(const Json& status) {
  const uint64_t late = count(status, Reason::late_copy);
  const bool now = status.at("rates").at("late_copies").get<double>() > 0;
  if (late == 0 || (!now && late * kRareLate < requests(status))) return std::nullopt;
  return LookAt{Level::warning,
                absl::StrCat("the window falls short: ", late, " copies came after it, and passed"),
                "relaysieve advise"};
}

Hint strange(const Json& status, Reason reason, const char* what) {
  const uint64_t number = count(status, reason);
  if (number == 0 || number * kRareStrange < requests(status)) return std::nullopt;
  return LookAt{Level::warning, absl::StrCat(number, " ", what), "relaysieve relays"};
}

Hint twins(const Json& status) {
  return strange(status, Reason::twin_other_scope,
                 "copies passed because their relays seem to be of different subnets");
}

Hint rewriting(const Json& status) {
  return strange(status, Reason::rewritten, "copies passed because a router rewrites their options");
}

Hint full(const Json& status) {
  const Json& memory = status.at("memory");
  const auto capacity = memory.value("capacity", uint64_t{0});
  const auto held =
      std::max(memory.value("clients", uint64_t{0}), memory.value("transmissions", uint64_t{0}));
  const bool evicts = status.at("rates").at("evicted").get<double>() > 0;
  if (!evicts && (capacity == 0 || static_cast<double>(held) < kFull * static_cast<double>(capacity)))
    return std::nullopt;
  const std::string figures = absl::StrCat(held, " of ", capacity);
  if (static_cast<double>(held) < kRoomy * static_cast<double>(capacity))
    return LookAt{Level::warning,
                  absl::StrCat("requests push each other out of a memory that has room (", figures,
                               "): some client asks far too often"),
                  "relaysieve top"};
  return LookAt{Level::warning, absl::StrCat("the memory is full, at ", figures, ": raise `clients`"),
                "relaysieve config show"};
}

Hint unfinished(const Json& status) {
  for (const Json& port : status.at("ports"))
    if (const auto number = port.at("unfinished_checksums").get<uint64_t>(); number > 0)
      return LookAt{Level::warning,
                    absl::StrCat("port ", name_of(port), ": ", number, " frames with unfinished checksums"),
                    "relaysieve doctor"};
  return std::nullopt;
}

Hint one_relay(const Json& status) {
  if (status.at("relays_heard").get<uint64_t>() != 1 || requests(status) < kEnoughForAPair)
    return std::nullopt;
  return LookAt{Level::note, "only one relay has been heard: there is nothing to drop", "relaysieve relays"};
}

Hint quiet(const Json& status) {
  const Json& rates = status.at("rates");
  double frames = 0;
  for (const Json& port : rates.at("ports")) frames += port.at("rx_frames").get<double>();
  const auto since = rates.at("since_request_seconds").get<double>();
  if (frames <= 0 || since < kQuiet || status.at("mode") == "bypass") return std::nullopt;
  return LookAt{
      Level::note,
      absl::StrCat("frames flow, but no request has come for ", std::llround(since / 60), " minutes"),
      "relaysieve doctor"};
}

}  // namespace

LookAt look_at(const Json& status) {
  // The most important first.
  for (const auto look : {stalled_worker, lost_link, mode, refused, missed, late, twins, rewriting, full,
                          unfinished, one_relay, quiet})
    if (Hint hint = look(status)) return *std::move(hint);
  return {};
}

Json to_json(const LookAt& look) {
  return {{"level", word(look.level)}, {"text", look.text}, {"command", look.command}};
}

}  // namespace relaysieve
