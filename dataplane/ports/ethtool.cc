// SPDX-License-Identifier: Apache-2.0
#include "ports/ethtool.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace relaysieve {
namespace {

// A command of `size` bytes, which begins with its number; zeroed, and aligned for any of them.
class Command {
 public:
  Command(uint32_t number, size_t size) : words_((size + 7) / 8) { as<uint32_t>() = number; }

  template <typename Layout>
  Layout& as() {
    return *reinterpret_cast<Layout*>(words_.data());
  }

  bool run(int socket, const std::string& name) {
    ifreq request{};
    name.copy(request.ifr_name, IFNAMSIZ - 1);
    request.ifr_data = reinterpret_cast<char*>(words_.data());
    return ioctl(socket, SIOCETHTOOL, &request) == 0;
  }

 private:
  std::vector<uint64_t> words_;
};

// Features are sent 32 to a block.
uint32_t blocks_of(const std::vector<std::string>& features) {
  return static_cast<uint32_t>((features.size() + 31) / 32);
}

}  // namespace

bool Ethtool::link() const {
  Command link(ETHTOOL_GLINK, sizeof(ethtool_value));
  return !link.run(socket_, name_) || link.as<ethtool_value>().data != 0;
}

// The kernel's names of all features; a feature's place in the list is its bit. Empty: it does not say.
std::vector<std::string> Ethtool::feature_names() const {
  Command count(ETHTOOL_GSSET_INFO, sizeof(ethtool_sset_info) + sizeof(uint32_t));
  count.as<ethtool_sset_info>().sset_mask = uint64_t{1} << ETH_SS_FEATURES;
  if (!count.run(socket_, name_) || count.as<ethtool_sset_info>().sset_mask == 0) return {};
  const uint32_t size = count.as<ethtool_sset_info>().data[0];

  Command strings(ETHTOOL_GSTRINGS, sizeof(ethtool_gstrings) + size * ETH_GSTRING_LEN);
  auto& table = strings.as<ethtool_gstrings>();
  table.string_set = ETH_SS_FEATURES;
  table.len = size;
  if (!strings.run(socket_, name_)) return {};
  std::vector<std::string> names;
  for (uint32_t i = 0; i < size; ++i) {
    const char* text = reinterpret_cast<const char*>(table.data) + i * ETH_GSTRING_LEN;
    names.emplace_back(text, strnlen(text, ETH_GSTRING_LEN));
  }
  return names;
}

std::vector<std::string> Ethtool::features_on(bool fixed) const {
  const std::vector<std::string> features = feature_names();
  Command get(ETHTOOL_GFEATURES,
              sizeof(ethtool_gfeatures) + blocks_of(features) * sizeof(ethtool_get_features_block));
  get.as<ethtool_gfeatures>().size = blocks_of(features);
  std::vector<std::string> on;
  if (!get.run(socket_, name_)) return on;
  for (size_t i = 0; i < features.size(); ++i) {
    const ethtool_get_features_block& block = get.as<ethtool_gfeatures>().features[i / 32];
    const uint32_t wanted = fixed ? block.active & ~block.available : block.active;
    if (wanted >> i % 32 & 1) on.push_back(features[i]);
  }
  return on;
}

std::vector<std::string> Ethtool::features_on() const { return features_on(false); }
std::vector<std::string> Ethtool::features_fixed_on() const { return features_on(true); }

std::optional<Ethtool::Channels> Ethtool::channels() const {
  Command get(ETHTOOL_GCHANNELS, sizeof(ethtool_channels));
  if (!get.run(socket_, name_)) return std::nullopt;
  const auto& count = get.as<ethtool_channels>();
  return Channels{count.rx_count + count.combined_count, count.tx_count + count.combined_count};
}

std::string Ethtool::driver() const {
  Command get(ETHTOOL_GDRVINFO, sizeof(ethtool_drvinfo));
  return get.run(socket_, name_) ? get.as<ethtool_drvinfo>().driver : "";
}

bool Ethtool::switch_features(const std::vector<std::string>& names, bool on) const {
  const std::vector<std::string> features = feature_names();
  Command set(ETHTOOL_SFEATURES,
              sizeof(ethtool_sfeatures) + blocks_of(features) * sizeof(ethtool_set_features_block));
  set.as<ethtool_sfeatures>().size = blocks_of(features);
  for (size_t i = 0; i < features.size(); ++i) {
    if (std::ranges::find(names, features[i]) == names.end()) continue;
    ethtool_set_features_block& block = set.as<ethtool_sfeatures>().features[i / 32];
    block.valid |= 1u << i % 32;
    if (on) block.requested |= 1u << i % 32;
  }
  return set.run(socket_, name_);
}

}  // namespace relaysieve
