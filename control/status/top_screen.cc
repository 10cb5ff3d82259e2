// SPDX-License-Identifier: Apache-2.0
#include "status/top_screen.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "status/figures.h"
#include "status/status.h"

namespace relaysieve {
namespace {

using Json = nlohmann::ordered_json;
using Lines = std::vector<TopLine>;
using Kind = TopLine::Kind;

// One row of either list.
struct Row {
  std::string text{};
  double copies = 0, dropped = 0, late = 0, unheard = 0;
};

uint64_t number_if_any(const Json& object, const char* name) { return object.value(name, uint64_t{0}); }
std::string text_if_any(const Json& object, const char* name) { return object.value(name, ""); }

uint64_t dropped_of(const Json& relay) {
  return number_if_any(relay, "second_copies") + number_if_any(relay, "turns");
}

std::string key_of(const Json& relay) {
  return absl::StrCat(text_if_any(relay, "port"), " ", text_if_any(relay, "mac"), " ",
                      text_if_any(relay, "ip"), " ", text_if_any(relay, "giaddr"));
}

double uptime(const TopLook& look) { return look.status.at("uptime_seconds").get<double>(); }

const Json& relays_of(const TopLook& look) {
  static const Json none = Json::array();
  return look.relays.is_null() ? none : look.relays.at("relays");
}

Row relay_row(const Json& relay, const Json& before, double seconds) {
  const auto rate = [&](uint64_t now, uint64_t then) {
    return now > then ? static_cast<double>(now - then) / seconds : 0.0;
  };
  Row row{.copies = rate(number_if_any(relay, "copies"), number_if_any(before, "copies")),
          .dropped = rate(dropped_of(relay), dropped_of(before)),
          .late = static_cast<double>(number_if_any(relay, "late_copies")),
          .unheard = relay.value("last_seen_s", 0.0)};
  row.text = absl::StrFormat("%-15s  %-17s  %-10s  %9s  %9s  %9u  %8.0f s%s", text_if_any(relay, "ip"),
                             text_if_any(relay, "mac"), text_if_any(relay, "port"), print_rate(row.copies),
                             print_rate(row.dropped), number_if_any(relay, "late_copies"), row.unheard,
                             relay.value("silent", false) ? "  silent" : "");
  return row;
}

std::vector<Row> relay_rows(const TopLook& now, const TopLook* before) {
  std::map<std::string, const Json*> then;
  if (before != nullptr)
    for (const Json& relay : relays_of(*before)) then[key_of(relay)] = &relay;
  const double seconds = std::max(uptime(now) - (before != nullptr ? uptime(*before) : 0), 0.001);
  static const Json unknown = Json::object();
  std::vector<Row> rows;
  for (const Json& relay : relays_of(now)) {
    const auto earlier = then.find(key_of(relay));
    rows.push_back(relay_row(relay, earlier == then.end() ? unknown : *earlier->second, seconds));
  }
  return rows;
}

std::vector<Row> client_rows(const TopLook& now) {
  std::vector<Row> rows;
  if (now.clients.is_null()) return rows;
  const double seconds = std::max(now.clients.value("seconds", 1.0), 0.001);
  for (const Json& client : now.clients.at("clients")) {
    Row row{.copies = static_cast<double>(number_if_any(client, "requests")) / seconds,
            .dropped = static_cast<double>(number_if_any(client, "dropped")) / seconds};
    row.text = absl::StrFormat("%-34s  %-10s  %9s  %9s", text_if_any(client, "client"),
                               text_if_any(client, "type"), print_rate(row.copies), print_rate(row.dropped));
    rows.push_back(std::move(row));
  }
  return rows;
}

void sort_rows(std::vector<Row>& rows, TopOrder order) {
  std::ranges::stable_sort(rows, std::greater(), [order](const Row& row) {
    switch (order) {
      case TopOrder::dropped:
        return std::pair(row.dropped, row.copies);
      case TopOrder::late:
        return std::pair(row.late, row.copies);
      case TopOrder::recent:
        return std::pair(-row.unheard, row.copies);
      case TopOrder::copies:
        break;
    }
    return std::pair(row.copies, row.dropped);
  });
}

void add_list(Lines& lines, std::string heading, const std::vector<Row>& rows, size_t room) {
  lines.push_back({std::move(heading), Kind::heading});
  for (size_t i = 0; i < std::min(room, rows.size()); ++i) lines.push_back({rows[i].text});
}

Lines overview(const Json& status) {
  const Json& rates = status.at("rates");
  double refused = 0, missed = 0;
  for (const Json& port : rates.at("ports")) {
    refused += port.at("refused").get<double>();
    missed += port.at("missed").get<double>();
  }
  Lines lines = {{title_line(status), Kind::title},
                 {look_at_line(status), Kind::plain, level_of(text_if_any(status.at("look_at"), "level"))},
                 {}};
  const std::string table = rate_table(status);
  for (const auto line : absl::StrSplit(table, '\n', absl::SkipEmpty()))
    lines.push_back({std::string(line), lines.size() == 3 ? Kind::heading : Kind::plain});
  lines.push_back({absl::StrCat("requests ", print_rate(rates.at("requests").get<double>()), "/s, dropped ",
                                print_rate(rates.at("dropped").get<double>()), "/s; frames refused ",
                                print_rate(refused), "/s, missed ", print_rate(missed), "/s")});
  lines.push_back({});
  return lines;
}

std::string footer(TopOrder order) {
  std::string words = "q quit   order by";
  for (const auto& [key, word] : {std::pair(TopOrder::copies, "c copies"),
                                  {TopOrder::dropped, "d dropped"},
                                  {TopOrder::late, "l late"},
                                  {TopOrder::recent, "r recent"}})
    absl::StrAppend(&words, key == order ? "  [" : "   ", word, key == order ? "]" : "");
  return words;
}

}  // namespace

Lines top_screen(const TopLook& now, const TopLook* before, TopOrder order, TopSize size) {
  Lines lines = overview(now.status);
  std::vector<Row> relays = relay_rows(now, before);
  std::vector<Row> clients = client_rows(now);
  sort_rows(relays, order);
  sort_rows(clients, order);
  constexpr size_t kHeadings = 4;  // of both lists, a blank line between them, and the footer
  const size_t room = size.rows > lines.size() + kHeadings ? size.rows - lines.size() - kHeadings : 0;
  const size_t for_relays = std::max(room - room / 2, room - std::min(room, clients.size()));
  add_list(lines,
           absl::StrFormat("%-15s  %-17s  %-10s  %9s  %9s  %9s  %10s", "relay", "MAC", "port", "copies/s",
                           "dropped/s", "late", "last seen"),
           relays, for_relays);
  lines.push_back({});
  add_list(lines, absl::StrFormat("%-34s  %-10s  %9s  %9s", "client", "asks for", "copies/s", "dropped/s"),
           clients, room - std::min(room, std::min(relays.size(), for_relays)));
  if (lines.size() + 1 > size.rows) lines.resize(size.rows > 0 ? size.rows - 1 : 0);
  if (size.rows > 0) lines.push_back({footer(order), Kind::footer});
  for (TopLine& line : lines)
    if (line.text.size() > size.columns) line.text.resize(size.columns);
  return lines;
}

}  // namespace relaysieve
