// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace relaysieve {

// What ethtool(8) asks and sets, of one interface. `socket` is any; its network namespace counts.
class Ethtool {
 public:
  Ethtool(int socket, std::string name) : socket_(socket), name_(std::move(name)) {}

  // The flag IFF_RUNNING lags up to a second behind this; what cannot say it is taken to be up.
  bool link() const;

  // Features by the names that `ethtool -k` and the kernel's netdev_features_strings give them.
  std::vector<std::string> features_on() const;
  std::vector<std::string> features_fixed_on() const;  // those of them that cannot be switched off
  bool switch_features(const std::vector<std::string>& names, bool on) const;

  struct Channels {
    unsigned rx = 0;
    unsigned tx = 0;
  };
  std::optional<Channels> channels()
      const;                   // queues in use, combined ones among them; nothing = it does not say
  std::string driver() const;  // "veth", "ixgbe"; "" = it does not say

 private:
  std::vector<std::string> feature_names() const;
  std::vector<std::string> features_on(bool fixed) const;

  int socket_;
  std::string name_;
};

}  // namespace relaysieve
