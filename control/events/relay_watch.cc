// SPDX-License-Identifier: Apache-2.0
#include "events/relay_watch.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "settings/text.h"

namespace relaysieve {
namespace {

using Known = CensusTotals::Relay;

std::string name_of(const Known& relay) {
  return absl::StrCat(print_address(relay.name.ip), " (", print_mac(relay.name.mac), ")");
}

std::string seconds_text(Duration duration) {
  return print_duration(std::chrono::round<std::chrono::seconds>(duration));
}

std::string copies_after_the_window(uint64_t count) {
  return absl::StrCat(count, count == 1 ? " copy has" : " copies have",
                      " come after the window so far, and passed: relaysieve advise");
}

}  // namespace

std::vector<Happening> RelayWatch::look(const CensusTotals& totals, std::span<const std::string> ports,
                                        Time now) {
  std::vector<Happening> news;
  const auto tell = [&](EventKind kind, const Known& relay, const std::string& text) {
    news.push_back({kind, name_of(relay), absl::StrCat("relay ", name_of(relay), text)});
  };
  std::map<uint32_t, const Known*> by_router;
  for (const Known& relay : totals.relays) {
    by_router.emplace(relay.router, &relay);
    const auto [late, is_new] = late_.emplace(relay.router, 0);
    if (is_new)
      tell(EventKind::relay_new, relay,
           absl::StrCat(": its first request, for ", print_address(relay.name.giaddr), ", by port ",
                        relay.name.port < ports.size() ? ports[relay.name.port] : "?"));
    const uint64_t before = std::exchange(late->second, relay.count(Reason::late_copy));
    if (late->second > before)
      tell(EventKind::late_copies, relay, absl::StrCat(": ", copies_after_the_window(late->second)));
  }
  const uint64_t before = std::exchange(others_late_, totals.others.count(Reason::late_copy));
  if (others_late_ > before)
    news.push_back({EventKind::late_copies, "other",
                    absl::StrCat("other relays: ", copies_after_the_window(others_late_))});

  for (const auto& [router, silent, unheard] : silence_.look(totals, now)) {
    const Known& relay = *by_router.at(router);
    if (silent)
      tell(EventKind::relay_silent, relay,
           absl::StrCat(" has brought nothing for ", seconds_text(unheard),
                        ", while others brought what it usually does"));
    else
      tell(EventKind::relay_back, relay,
           absl::StrCat(" brings requests again, after ", seconds_text(unheard)));
  }

  for (const CensusTotals::Pair& pair : totals.pairs) {
    const Known &first = totals.relays[pair.first], &second = totals.relays[pair.second];
    const Pair known = std::exchange(pairs_[{first.router, second.router}], {pair.rewritten, pair.twins});
    if (pair.rewritten > known.rewritten)
      tell(EventKind::rewriting_router, second,
           absl::StrCat(" brings other options than ", name_of(first), " for the same request, ",
                        pair.rewritten, " times so far: match = \"identity\" would tell its copies"));
    if (pair.twins > known.twins)
      tell(EventKind::twin_scopes, second,
           absl::StrCat(" and ", name_of(first), " bring the same request for two scopes, ", pair.twins,
                        " times so far: two clients, or a relay group or fewer subnet_bits would join them"));
  }
  return news;
}

}  // namespace relaysieve
