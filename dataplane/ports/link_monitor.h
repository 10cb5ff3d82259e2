// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <set>

#include "absl/status/statusor.h"

namespace relaysieve {

// Hears from the kernel when anything about some interfaces changes: up or down, carrier, MTU, name, features, gone
// (rtnetlink(7)). It says that something did; what holds now is for the interface to be asked.
class LinkMonitor {
 public:
  // Of the interfaces with these indexes, in the network namespace of this thread.
  static absl::StatusOr<std::unique_ptr<LinkMonitor>> open(std::set<int> indexes);
  ~LinkMonitor();
  LinkMonitor(const LinkMonitor&) = delete;
  LinkMonitor& operator=(const LinkMonitor&) = delete;

  int descriptor() const { return descriptor_; }  // poll(2) finds it readable when there is something to hear
  // Takes in all there is to hear, without waiting. Whether one of the interfaces has changed; also when the kernel
  // had to forget some of what it wanted to tell.
  bool changed();

 private:
  LinkMonitor(std::set<int> indexes, int descriptor)
      : indexes_(std::move(indexes)), descriptor_(descriptor) {}
  bool concerns(const char* messages, size_t size) const;

  std::set<int> indexes_;
  int descriptor_;
};

}  // namespace relaysieve
