// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace relaysieve {

// A kernel interface, as its port needs it. Errors are sentences that do not name the port.
class Interface {
 public:
  // An Ethernet interface.
  static absl::StatusOr<std::unique_ptr<Interface>> open(const std::string& name);
  ~Interface();
  Interface(const Interface&) = delete;
  Interface& operator=(const Interface&) = delete;

  const std::string& name() const { return name_; }
  int index() const { return index_; }
  bool exists() const;   // still, under this name
  bool carrier() const;  // up, and its peer or cable as well
  int mtu() const;       // bytes of payload; 0 = it does not say

  absl::Status bring_up();
  // What merges frames (GRO, LRO and their kin) is off from here on, and as it was when this object ends: a
  // wire hands on the frames that came, not their sum.
  absl::Status stop_merging();
  std::vector<std::string> changes() const;  // what the two have done

 private:
  Interface(std::string name, int index, int descriptor);
  std::vector<std::string> merging() const;  // the names of the merging features that are on
  bool switch_features(const std::vector<std::string>& names, bool on) const;

  std::string name_;
  int index_;
  int descriptor_;  // a socket for ioctl(2)
  bool was_down_ = false;
  std::vector<std::string> switched_off_;
};

}  // namespace relaysieve
