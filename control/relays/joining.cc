// SPDX-License-Identifier: Apache-2.0
#include "relays/joining.h"

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "settings/text.h"

namespace relaysieve {
namespace {

constexpr unsigned kLeastBits = 16;  // what two relays of one subnet have in common

// What has been found to be one scope: sets of scopes, each a network.
class Scopes {
 public:
  explicit Scopes(unsigned bits) : bits_(static_cast<uint8_t>(bits)) {}

  uint32_t scope_of(uint32_t address) const { return address & mask_of(bits_); }
  void join(const Join& pair) {
    const uint32_t one = root(scope_of(pair.one)), other = root(scope_of(pair.other));
    above_[std::max(one, other)] = std::min(one, other);
  }
  uint32_t root(uint32_t scope) const {
    const auto above = above_.find(scope);
    return above == above_.end() || above->second == scope ? scope : root(above->second);
  }
  Network network(uint32_t scope) const { return {scope, bits_}; }

 private:
  uint8_t bits_;
  std::map<uint32_t, uint32_t> above_;
};

size_t group_of(const Policy& policy, uint32_t address) {
  const auto holds = [&](const Networks& group) {
    return std::ranges::any_of(group, [&](const Network& n) { return n.contains(address); });
  };
  return static_cast<size_t>(std::ranges::find_if(policy.relay_groups, holds) - policy.relay_groups.begin());
}

// Whether so many bits would make one scope of two that are known and not to be joined.
bool joins_strangers(const Scopes& scopes, const Joins& joins, unsigned bits) {
  std::map<uint32_t, uint32_t> root_of;  // by the larger network
  const auto is_stranger = [&](uint32_t address) {
    const uint32_t larger = address & mask_of(bits);
    const uint32_t root = scopes.root(scopes.scope_of(address));
    return root_of.try_emplace(larger, root).first->second != root;
  };
  return std::ranges::any_of(joins.pairs, is_stranger, &Join::one) ||
         std::ranges::any_of(joins.pairs, is_stranger, &Join::other) ||
         std::ranges::any_of(joins.known, is_stranger);
}

// The groups there are, and one for each set of scopes to be joined; "" where groups that there are stand in the way.
std::string grouped(Settings settings, const Scopes& scopes, const Joins& joins) {
  std::map<uint32_t, std::set<uint32_t>> sets;
  for (const Join& pair : joins.pairs)
    for (const uint32_t address : {pair.one, pair.other})
      sets[scopes.root(scopes.scope_of(address))].insert(scopes.scope_of(address));
  const Setting& groups = setting("relay_groups");
  for (const auto& [root, members] : sets) {
    const Policy& policy = settings.policy;
    std::set<size_t> taken;  // groups that hold some of them
    std::vector<Network> missing;
    for (const uint32_t member : members) {
      const size_t group = group_of(policy, member);
      if (group == policy.relay_groups.size())
        missing.push_back(scopes.network(member));
      else
        taken.insert(group);
    }
    if (taken.size() > 1 || missing.empty()) return "";
    const std::string name = taken.empty() ? absl::StrCat("group", policy.relay_groups.size() + 1)
                                           : settings.relay_group_names[*taken.begin()];
    for (const Network& network : missing)
      if (!groups.set(settings, name, print_network(network)).ok()) return "";
  }
  return groups.print(settings);
}

}  // namespace

std::string in_shell(const std::string& word) {
  return word.find_first_of("\"{}[] ") == word.npos ? word : absl::StrCat("'", word, "'");
}

bool one_scope(const Policy& policy, const Join& pair) {
  const size_t group = group_of(policy, pair.one);
  if (policy.scope == ScopeRule::any || group != group_of(policy, pair.other))
    return policy.scope == ScopeRule::any;
  const unsigned bits = policy.scope == ScopeRule::exact ? 32 : policy.subnet_bits;
  return group != policy.relay_groups.size() || pair.bits() >= bits;
}

Advice advise_scope(const Settings& settings, const Joins& joins) {
  const bool exact = settings.policy.scope == ScopeRule::exact;
  const unsigned now = exact ? 32 : settings.policy.subnet_bits;
  const auto keep = [&](std::string_view name) {
    const std::string value = setting(name).print(settings);
    return Advice{.setting = std::string(name), .now = value, .wanted = value};
  };
  Advice advice = keep(exact ? "scope" : "subnet_bits");
  if (joins.pairs.empty()) return advice;
  Scopes scopes(now);
  for (const Join& pair : joins.pairs) scopes.join(pair);
  const unsigned bits = std::ranges::min_element(joins.pairs, {}, &Join::bits)->bits();

  if (exact && bits >= settings.policy.subnet_bits) {
    advice.wanted = "subnet";
    advice.reasons = {
        absl::StrCat("scope subnet compares the leading ", settings.policy.subnet_bits, " bits")};
  } else if (!exact && bits < now && bits >= kLeastBits && !joins_strangers(scopes, joins, bits)) {
    advice.wanted = absl::StrCat(bits);
    advice.reasons = {absl::StrCat(bits, " bits join them, and no other relays that were seen")};
  } else if (const std::string groups = grouped(settings, scopes, joins); !groups.empty()) {
    advice = keep("relay_groups");
    advice.wanted = groups;
    advice.reasons = {absl::StrCat(bits < kLeastBits ? absl::StrCat("subnet_bits would have to be ", bits)
                                   : bits < now ? absl::StrCat("subnet_bits ", bits, " would join others too")
                                                : "only one of them is in a group",
                                   ": a group joins these only")};
  } else {
    advice.reasons = {"relay groups that there are stand in the way: put these into one by hand"};
  }
  return advice;
}

}  // namespace relaysieve
