// SPDX-License-Identifier: Apache-2.0
#include "ports/interface.h"

#include <linux/ethtool.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/sockios.h>
#include <spdlog/spdlog.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace relaysieve {
namespace {

// Features by the names that `ethtool -k` and the kernel's netdev_features_strings give them.
constexpr std::array<std::string_view, 5> kMerging = {"rx-gro", "rx-gro-hw", "rx-lro", "rx-gro-list",
                                                      "rx-udp-gro-forwarding"};

ifreq request_for(const std::string& name) {
  ifreq request{};
  name.copy(request.ifr_name, IFNAMSIZ - 1);
  return request;
}

// An ethtool command of `size` bytes, which begins with its number; zeroed, and aligned for any of them.
class EthtoolCommand {
 public:
  EthtoolCommand(uint32_t number, size_t size) : words_((size + 7) / 8) { as<uint32_t>() = number; }

  template <typename Command>
  Command& as() {
    return *reinterpret_cast<Command*>(words_.data());
  }

  bool run(int descriptor, const std::string& name) {
    ifreq request = request_for(name);
    request.ifr_data = reinterpret_cast<char*>(words_.data());
    return ioctl(descriptor, SIOCETHTOOL, &request) == 0;
  }

 private:
  std::vector<uint64_t> words_;
};

// The kernel's names of all features; a feature's place in the list is its bit. Empty: it does not say.
std::vector<std::string> feature_names(int descriptor, const std::string& name) {
  EthtoolCommand count(ETHTOOL_GSSET_INFO, sizeof(ethtool_sset_info) + sizeof(uint32_t));
  count.as<ethtool_sset_info>().sset_mask = uint64_t{1} << ETH_SS_FEATURES;
  if (!count.run(descriptor, name) || count.as<ethtool_sset_info>().sset_mask == 0) return {};
  const uint32_t size = count.as<ethtool_sset_info>().data[0];

  EthtoolCommand strings(ETHTOOL_GSTRINGS, sizeof(ethtool_gstrings) + size * ETH_GSTRING_LEN);
  auto& table = strings.as<ethtool_gstrings>();
  table.string_set = ETH_SS_FEATURES;
  table.len = size;
  if (!strings.run(descriptor, name)) return {};
  std::vector<std::string> names;
  for (uint32_t i = 0; i < size; ++i) {
    const char* text = reinterpret_cast<const char*>(table.data) + i * ETH_GSTRING_LEN;
    names.emplace_back(text, strnlen(text, ETH_GSTRING_LEN));
  }
  return names;
}

// Features are sent 32 to a block.
uint32_t blocks_of(const std::vector<std::string>& features) {
  return static_cast<uint32_t>((features.size() + 31) / 32);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Interface>> Interface::open(const std::string& name) {
  ifreq request = request_for(name);
  const int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return absl::ErrnoToStatus(errno, "no socket");
  if (name.size() >= IFNAMSIZ || ioctl(descriptor, SIOCGIFINDEX, &request) != 0) {
    close(descriptor);
    return absl::NotFoundError("no such interface");
  }
  std::unique_ptr<Interface> interface(new Interface(name, request.ifr_ifindex, descriptor));
  if (ioctl(descriptor, SIOCGIFHWADDR, &request) != 0 || request.ifr_hwaddr.sa_family != ARPHRD_ETHER)
    return absl::InvalidArgumentError("not an Ethernet interface");
  return interface;
}

Interface::Interface(std::string name, int index, int descriptor)
    : name_(std::move(name)), index_(index), descriptor_(descriptor) {}

Interface::~Interface() {
  if (!switched_off_.empty() && exists() && !switch_features(switched_off_, true))
    spdlog::warn("port {}: could not switch {} on again", name_, absl::StrJoin(switched_off_, ", "));
  close(descriptor_);
}

bool Interface::exists() const {
  ifreq request = request_for(name_);
  return ioctl(descriptor_, SIOCGIFINDEX, &request) == 0 && request.ifr_ifindex == index_;
}

// The flag IFF_RUNNING lags up to a second behind; what cannot say it by ethtool is taken to be up.
bool Interface::carrier() const {
  EthtoolCommand link(ETHTOOL_GLINK, sizeof(ethtool_value));
  return !link.run(descriptor_, name_) || link.as<ethtool_value>().data != 0;
}

int Interface::mtu() const {
  ifreq request = request_for(name_);
  return ioctl(descriptor_, SIOCGIFMTU, &request) == 0 ? request.ifr_mtu : 0;
}

absl::Status Interface::bring_up() {
  ifreq request = request_for(name_);
  if (ioctl(descriptor_, SIOCGIFFLAGS, &request) != 0) return absl::ErrnoToStatus(errno, "no flags");
  if (request.ifr_flags & IFF_UP) return absl::OkStatus();
  request.ifr_flags |= IFF_UP;
  if (ioctl(descriptor_, SIOCSIFFLAGS, &request) != 0)
    return absl::ErrnoToStatus(errno, "it is down and does not come up");
  was_down_ = true;
  return absl::OkStatus();
}

std::vector<std::string> Interface::merging() const {
  const std::vector<std::string> features = feature_names(descriptor_, name_);
  EthtoolCommand get(ETHTOOL_GFEATURES,
                     sizeof(ethtool_gfeatures) + blocks_of(features) * sizeof(ethtool_get_features_block));
  get.as<ethtool_gfeatures>().size = blocks_of(features);
  std::vector<std::string> on;
  if (!get.run(descriptor_, name_)) return on;
  for (size_t i = 0; i < features.size(); ++i) {
    const bool active = get.as<ethtool_gfeatures>().features[i / 32].active >> i % 32 & 1;
    if (active && std::ranges::find(kMerging, features[i]) != kMerging.end()) on.push_back(features[i]);
  }
  return on;
}

bool Interface::switch_features(const std::vector<std::string>& names, bool on) const {
  const std::vector<std::string> features = feature_names(descriptor_, name_);
  EthtoolCommand set(ETHTOOL_SFEATURES,
                     sizeof(ethtool_sfeatures) + blocks_of(features) * sizeof(ethtool_set_features_block));
  set.as<ethtool_sfeatures>().size = blocks_of(features);
  for (size_t i = 0; i < features.size(); ++i) {
    if (std::ranges::find(names, features[i]) == names.end()) continue;
    ethtool_set_features_block& block = set.as<ethtool_sfeatures>().features[i / 32];
    block.valid |= 1u << i % 32;
    if (on) block.requested |= 1u << i % 32;
  }
  return set.run(descriptor_, name_);
}

absl::Status Interface::stop_merging() {
  switched_off_ = merging();
  if (switched_off_.empty()) return absl::OkStatus();
  const bool done = switch_features(switched_off_, false);
  const std::vector<std::string> left = merging();
  if (!done || !left.empty())
    return absl::FailedPreconditionError(absl::StrCat("cannot switch off ", absl::StrJoin(left, ", ")));
  return absl::OkStatus();
}

std::vector<std::string> Interface::changes() const {
  std::vector<std::string> changes;
  if (was_down_) changes.push_back("brought up");
  for (const std::string& name : switched_off_) changes.push_back(absl::StrCat(name, " off until the end"));
  return changes;
}

}  // namespace relaysieve
