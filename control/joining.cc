// SPDX-License-Identifier: Apache-2.0
#include "joining.h"

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "text.h"

namespace relaysieve {
namespace {

constexpr unsigned kLeastBits = 16;  // what two relays of one subnet have in common

// What has been found to be one scope: sets of scopes, each a network.
class Scopes {
 public:
  explicit Scopes(unsigned bits) : bits_(static_cast<uint8_t>(bits)) {}

  uint32_t scope_of(uint32_t address) const { return address & Network{address, bits_}.mask(); }
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

// Whether a shorter prefix would make one scope of two that are known and not to be joined.
bool joins_strangers(const Scopes& scopes, const Joins& joins) {
  std::map<uint32_t, uint32_t> root_of;  // by the larger network
  const auto is_stranger = [&](uint32_t address) {
    const uint32_t larger = address & Network{address, static_cast<uint8_t>(joins.bits)}.mask();
    const uint32_t root = scopes.root(scopes.scope_of(address));
    return root_of.try_emplace(larger, root).first->second != root;
  };
  return std::ranges::any_of(joins.pairs, is_stranger, &Join::one) ||
         std::ranges::any_of(joins.pairs, is_stranger, &Join::other) ||
         std::ranges::any_of(joins.known, is_stranger);
}

// The groups there are, and one for each set of scopes to be joined. "" if one would have to join two groups.
std::string grouped(Settings settings, const Scopes& scopes, const Joins& joins) {
  std::map<uint32_t, std::set<uint32_t>> sets;
  for (const Join& pair : joins.pairs)
    for (const uint32_t address : {pair.one, pair.other})
      sets[scopes.root(scopes.scope_of(address))].insert(scopes.scope_of(address));
  const Setting& groups = setting("relay_groups");
  for (const auto& [root, members] : sets) {
    const Policy& policy = settings.policy;
    std::set<size_t> taken;  // groups that hold some of them
    const auto group_of = [&](uint32_t address) {
      return std::ranges::find_if(policy.relay_groups,
                                  [&](const Networks& group) {
                                    return std::ranges::any_of(
                                        group, [&](const Network& n) { return n.contains(address); });
                                  }) -
             policy.relay_groups.begin();
    };
    std::vector<Network> missing;
    for (const uint32_t member : members) {
      const auto group = static_cast<size_t>(group_of(member));
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

Advice advise_scope(const Settings& settings, const Joins& joins) {
  const bool exact = settings.policy.scope == ScopeRule::exact;
  const unsigned bits = exact ? 32 : settings.policy.subnet_bits;
  const auto keep = [&](std::string_view name) {
    const std::string now = setting(name).print(settings);
    return Advice{.setting = std::string(name), .now = now, .wanted = now};
  };
  Advice advice = keep(exact ? "scope" : "subnet_bits");
  if (joins.pairs.empty() || settings.policy.scope == ScopeRule::any) return advice;
  Scopes scopes(bits);
  for (const Join& pair : joins.pairs) scopes.join(pair);

  if (joins.bits >= bits) {
    advice.reasons = {
        "they are in one subnet but two VRFs (option 82 sub-option 151) or relay groups: no number of "
        "bits joins them"};
  } else if (exact && joins.bits >= settings.policy.subnet_bits) {
    advice.wanted = "subnet";
    advice.reasons = {
        absl::StrCat("scope subnet compares the leading ", settings.policy.subnet_bits, " bits")};
  } else if (!exact && joins.bits >= kLeastBits && !joins_strangers(scopes, joins)) {
    advice.wanted = absl::StrCat(joins.bits);
    advice.reasons = {absl::StrCat(joins.bits, " bits join them, and no other relays that were seen")};
  } else if (const std::string groups = grouped(settings, scopes, joins); !groups.empty()) {
    advice = keep("relay_groups");
    advice.wanted = groups;
    advice.reasons = {
        joins.bits < kLeastBits
            ? absl::StrCat("subnet_bits would have to be ", joins.bits, ": a group joins these only")
            : absl::StrCat("subnet_bits ", joins.bits, " would join others too: a group joins these only")};
  } else {
    advice.reasons = {"they are members of two relay groups: one would have to be made of both"};
  }
  return advice;
}

}  // namespace relaysieve
