// SPDX-License-Identifier: Apache-2.0
#include "ports/interface.h"

#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <spdlog/spdlog.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <mutex>
#include <span>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ports/ethtool.h"

namespace relaysieve {
namespace {

// Features by the names that `ethtool -k` and the kernel's netdev_features_strings give them.
constexpr std::array<std::string_view, 7> kUnwanted = {"rx-gro",
                                                       "rx-gro-hw",
                                                       "rx-lro",
                                                       "rx-gro-list",
                                                       "rx-udp-gro-forwarding",
                                                       "rx-vlan-hw-parse",
                                                       "rx-vlan-stag-hw-parse"};
constexpr std::span kMerging = std::span(kUnwanted).first<5>();
constexpr std::span kStripping = std::span(kUnwanted).last<2>();

bool is_one_of(std::span<const std::string_view> features, const std::string& feature) {
  return std::ranges::find(features, feature) != features.end();
}

// Where ethtool's channels are not known. Of the network namespace that /sys was mounted in.
unsigned queues_in_sysfs(const std::string& name, std::string_view direction) {
  unsigned count = 0;
  std::error_code none;
  for (const auto& queue : std::filesystem::directory_iterator("/sys/class/net/" + name + "/queues", none))
    if (queue.path().filename().string().starts_with(direction)) ++count;
  return count;
}

ifreq request_for(const std::string& name) {
  ifreq request{};
  name.copy(request.ifr_name, IFNAMSIZ - 1);
  return request;
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
  char name[IFNAMSIZ];  // it may have been given another
  if (if_indextoname(static_cast<unsigned>(index_), name) != nullptr) {
    name_ = name;
    if (held_down_ && !release().ok()) spdlog::warn("port {}: could not bring it up again", name_);
    if (!switched_off_.empty() && !Ethtool(descriptor_, name_).switch_features(switched_off_, true))
      spdlog::warn("port {}: could not switch {} on again", name_, absl::StrJoin(switched_off_, ", "));
  }
  close(descriptor_);
}

bool Interface::exists() const {
  ifreq request = request_for(name_);
  return ioctl(descriptor_, SIOCGIFINDEX, &request) == 0 && request.ifr_ifindex == index_;
}

bool Interface::carrier() const { return Ethtool(descriptor_, name_).link(); }

int Interface::mtu() const {
  ifreq request = request_for(name_);
  return ioctl(descriptor_, SIOCGIFMTU, &request) == 0 ? request.ifr_mtu : 0;
}

Interface::Queues Interface::queues() const {
  if (const auto channels = Ethtool(descriptor_, name_).channels()) return {channels->rx, channels->tx};
  return {queues_in_sysfs(name_, "rx-"), queues_in_sysfs(name_, "tx-")};
}

std::string Interface::kernel_driver() const { return Ethtool(descriptor_, name_).driver(); }

bool Interface::keeps_stripping() const {
  const std::vector<std::string> fixed = Ethtool(descriptor_, name_).features_fixed_on();
  return std::ranges::any_of(fixed,
                             [](const std::string& feature) { return is_one_of(kStripping, feature); });
}

bool Interface::is_up() const {
  ifreq request = request_for(name_);
  return ioctl(descriptor_, SIOCGIFFLAGS, &request) == 0 && request.ifr_flags & IFF_UP;
}

absl::Status Interface::set_up(bool up) {
  ifreq request = request_for(name_);
  if (ioctl(descriptor_, SIOCGIFFLAGS, &request) != 0) return absl::ErrnoToStatus(errno, "no flags");
  const int wanted = up ? request.ifr_flags | IFF_UP : request.ifr_flags & ~IFF_UP;
  request.ifr_flags = static_cast<short>(wanted);
  if (ioctl(descriptor_, SIOCSIFFLAGS, &request) == 0) return absl::OkStatus();
  return absl::ErrnoToStatus(errno, up ? "it is down and does not come up" : "it cannot be taken down");
}

absl::Status Interface::bring_up() {
  if (is_up()) return absl::OkStatus();
  absl::Status status = set_up(true);
  was_down_ = status.ok();
  return status;
}

absl::Status Interface::hold_down() {
  held_down_ = true;
  return set_up(false);
}

absl::Status Interface::release() {
  held_down_ = false;
  return set_up(true);
}

std::vector<std::string> Interface::merging() const {
  std::vector<std::string> on = Ethtool(descriptor_, name_).features_on();
  std::erase_if(on, [&](const std::string& feature) {
    return !is_one_of(kMerging, feature) && !(stripping_unwanted_ && is_one_of(kStripping, feature));
  });
  return on;
}

std::vector<std::string> Interface::keeps_merging() const {
  std::vector<std::string> fixed = Ethtool(descriptor_, name_).features_fixed_on();
  std::erase_if(fixed, [](const std::string& feature) { return !is_one_of(kMerging, feature); });
  return fixed;
}

absl::Status Interface::switch_merging_off(const std::vector<std::string>& names) const {
  const bool done = Ethtool(descriptor_, name_).switch_features(names, false);
  const std::vector<std::string> left = merging();
  if (done && left.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat("cannot switch off ", absl::StrJoin(left, ", ")));
}

absl::Status Interface::stop_merging(bool stripping) {
  stripping_unwanted_ = stripping;
  switched_off_ = merging();
  if (switched_off_.empty()) return absl::OkStatus();
  absl::StatusOr<std::unique_ptr<FeatureNote>> note = FeatureNote::write(index_, name_, switched_off_);
  if (note.ok()) {
    note_ = *std::move(note);
  } else {
    static std::once_flag warned;
    std::call_once(warned, [&] {
      spdlog::warn("no note of what is switched off ({}): after a SIGKILL it stays off",
                   std::string(note.status().message()));
    });
  }
  return switch_merging_off(switched_off_);
}

absl::StatusOr<std::vector<std::string>> Interface::stop_merging_again() {
  std::vector<std::string> on = merging();
  if (on.empty()) return on;
  if (absl::Status status = switch_merging_off(on); !status.ok()) return status;
  return on;
}

void Interface::restore_merging() {
  for (const auto& note : FeatureNote::left_behind(kUnwanted)) {
    char name[IFNAMSIZ];
    if (if_indextoname(static_cast<unsigned>(note->index()), name) == nullptr)
      continue;  // gone with its features
    const std::string features = absl::StrJoin(note->features(), ", ");
    const auto interface = open(name);
    if (interface.ok() && Ethtool((*interface)->descriptor_, name).switch_features(note->features(), true)) {
      spdlog::info("interface {}: {} on again, which a relaysieved that was killed had left off", name,
                   features);
    } else {
      spdlog::warn("interface {}: could not switch {} on again, left off by a relaysieved that was killed",
                   name, features);
    }
  }
}

std::vector<std::string> Interface::changes() const {
  std::vector<std::string> changes;
  if (was_down_) changes.push_back("brought up");
  for (const std::string& name : switched_off_) changes.push_back(absl::StrCat(name, " off until the end"));
  return changes;
}

}  // namespace relaysieve
