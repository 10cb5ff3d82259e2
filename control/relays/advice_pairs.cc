// SPDX-License-Identifier: Apache-2.0
#include "relays/advice_pairs.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "relays/joining.h"
#include "settings/text.h"

namespace relaysieve {
namespace {

constexpr uint64_t kEnough = 10;  // twins, or rewritten copies
constexpr const char* kJoined =
    "; these settings join them: it was before, or they are in two VRFs (option 82 sub-option 151), which "
    "nothing joins";

std::string name_of(const CensusTotals::Relay& relay) { return print_address(relay.name.ip); }

// Two relays, whoever came first.
struct Two {
  size_t one, other;  // in `relays`
  uint64_t copies = 0, twins = 0, rewritten = 0;
  std::array<uint64_t, 33> twin_bits{};
  std::vector<Join> twin_of = {};

  bool rewrites() const { return rewritten >= kEnough && rewritten >= copies; }
  bool one_subnet(const CensusTotals& totals) const {
    return twins >= kEnough && !twin_of.empty() &&  // 0.0.0.0 twice is no example
           twins * 2 >= std::min(begun_by(totals.relays[one]), begun_by(totals.relays[other]));
  }
  std::string names(const CensusTotals& totals) const {
    return absl::StrCat(name_of(totals.relays[one]), " and ", name_of(totals.relays[other]));
  }
  // Transmissions that began with a copy of its.
  static uint64_t begun_by(const CensusTotals::Relay& relay) {
    return relay.count(Reason::first_copy) + relay.count(Reason::twin_other_scope);
  }
  // What is to be joined still, but for the rare ones that have less in common than the others.
  std::vector<Join> to_join(const Policy& policy) const {
    std::vector<Join> left;
    for (const Join& pair : twin_of)
      if (!one_scope(policy, pair) && pair.bits() >= bits()) left.push_back(pair);
    return left;
  }
  // How many leading bits almost all of the twins' subnets have in common.
  unsigned bits() const {
    unsigned bits = 0;
    while (bits < 32 && twin_bits[bits] * 20 < twins) ++bits;
    return bits;
  }
};

std::vector<Two> twos_of(const CensusTotals& totals) {
  std::map<std::pair<size_t, size_t>, Two> twos;
  for (const CensusTotals::Pair& pair : totals.pairs) {
    const auto [one, other] = std::minmax(pair.first, pair.second);
    Two& two = twos.try_emplace({one, other}, Two{one, other}).first->second;
    two.copies += pair.lag.count();
    two.twins += pair.twins;
    two.rewritten += pair.rewritten;
    for (size_t i = 0; i < two.twin_bits.size(); ++i) two.twin_bits[i] += pair.twin_bits[i];
    for (const auto& [first, second] : pair.twin_of) two.twin_of.push_back({first, second});
  }
  std::vector<Two> all;
  for (auto& [relays, two] : twos) all.push_back(std::move(two));
  return all;
}

Advice advise_match(const Settings& settings, const CensusTotals& totals, const std::vector<Two>& twos) {
  const std::string now = setting("match").print(settings);
  Advice advice = {.setting = "match", .now = now, .wanted = now};
  uint64_t rewritten = 0;
  for (const Two& two : twos) {
    advice.copies += two.copies + (settings.policy.match == Match::content ? two.rewritten : 0);
    rewritten += two.rewritten;
    if (!two.rewrites()) continue;
    advice.reasons.push_back(absl::StrCat("of ", two.names(totals), " one rewrites options: ", two.rewritten,
                                          " requests came through both, but not alike"));
    advice.wanted = "identity";
  }
  if (advice.copies < kEnough) {
    advice.enough = false;
    advice.reasons = {
        absl::StrCat("copies of two relays seen: ", advice.copies, "; ", kEnough, " are needed")};
  } else if (advice.wanted != now) {
    advice.reasons.push_back("identity compares options 50, 54 and 61 only, and drops them as second copies");
  } else if (advice.reasons.empty()) {
    advice.reasons.push_back(rewritten == 0 ? "no router was seen to rewrite options"
                                            : absl::StrCat(rewritten, " rewritten copies: too few to go by"));
  }
  return advice;
}

}  // namespace

uint64_t late_copies(const CensusTotals& totals) {
  uint64_t late = totals.others.count(Reason::late_copy);
  for (const CensusTotals::Relay& relay : totals.relays) late += relay.count(Reason::late_copy);
  return late;
}

std::string who_is_late(const CensusTotals& totals) {
  const uint64_t all = late_copies(totals);
  for (const CensusTotals::Relay& relay : totals.relays) {
    const uint64_t late = relay.count(Reason::late_copy);
    if (totals.relays.size() > 1 && late * 10 >= all * 9)
      return absl::StrCat(late, " of them came through ", name_of(relay),
                          ": if it hung once, see to it and leave the window as it is");
  }
  return "";
}

std::vector<Advice> advise_on_pairs(const Settings& settings, const CensusTotals& totals) {
  const std::vector<Two> twos = twos_of(totals);
  Joins joins;
  uint64_t twins = 0, nameless = 0, begun = 0;
  std::vector<std::string> reasons;
  for (const Two& two : twos) {
    twins += two.twins;
    if (two.twin_of.empty()) nameless += two.twins;
    if (!two.one_subnet(totals)) continue;
    const std::vector<Join> left = two.to_join(settings.policy);
    joins.pairs.insert(joins.pairs.end(), left.begin(), left.end());
    const Join& example = left.empty() ? two.twin_of[0] : left[0];
    reasons.push_back(absl::StrCat(two.twins, " requests came through ", two.names(totals),
                                   " alike, but from two scopes: ", print_address(example.one), " and ",
                                   print_address(example.other), " share ", example.bits(), " bits",
                                   left.empty() ? kJoined : ""));
  }
  for (const CensusTotals::Relay& relay : totals.relays) {
    begun += Two::begun_by(relay);
    if (relay.name.family() == Family::v4) joins.known.push_back(relay.name.giaddr.ip4());
  }
  Advice scope = advise_scope(settings, joins);
  scope.copies = begun;
  scope.reasons.insert(scope.reasons.begin(), reasons.begin(), reasons.end());
  if (reasons.empty() && begun < kEnough) {
    scope.enough = false;
    scope.reasons = {absl::StrCat("transmissions seen: ", begun, "; ", kEnough, " are needed")};
  } else if (reasons.empty()) {
    scope.reasons = {twins == 0 ? "no request came from two scopes at once"
                     : nameless == twins
                         ? absl::StrCat(twins,
                                        " requests came from two scopes at once that are no IPv4 networks "
                                        "(DHCPv6, groups, VRFs): if each two are one subnet, subnet6_bits or "
                                        "relay_groups does not say so")
                         : absl::StrCat(twins,
                                        " requests came from two scopes at once: too few to be one "
                                        "subnet's; two clients that ask alike must not be joined")};
  }
  return {std::move(scope), advise_match(settings, totals, twos)};
}

std::vector<std::string> pair_hints(const Settings& settings, const CensusTotals& totals) {
  std::map<std::pair<size_t, size_t>, std::string> hints;
  const std::vector<Advice> advice = advise_on_pairs(settings, totals);
  const auto how = [&](const Advice& that) {
    return that.changes()
               ? absl::StrCat("relaysieve set ", that.setting, " ", in_shell(that.wanted), " would help")
               : that.reasons.back();
  };
  for (const Two& two : twos_of(totals)) {
    std::string& hint = hints[{two.one, two.other}];
    if (two.one_subnet(totals))
      hint = absl::StrCat("they look like relays of one subnet in two scopes",
                          two.to_join(settings.policy).empty() ? kJoined : ": " + how(advice[0]));
    else if (two.rewrites() && settings.policy.match == Match::content)
      hint = "one of them rewrites options: " + how(advice[1]);
  }
  std::vector<std::string> all;
  for (const CensusTotals::Pair& pair : totals.pairs)
    all.push_back(hints[std::minmax(pair.first, pair.second)]);
  return all;
}

}  // namespace relaysieve
