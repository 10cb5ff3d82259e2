// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace relaysieve {

// What is switched off on an interface until the end, noted where a SIGKILL does not reach: in a small file that
// is locked while its owner lives, and goes with the object. One that nobody holds was left behind.
//   /run/relaysieve/ports/COOKIE-INDEX-NAME    one feature a line
// COOKIE is the network namespace's (SO_NETNS_COOKIE): no other has it until the machine starts anew.
class FeatureNote {
 public:
  static absl::StatusOr<std::unique_ptr<FeatureNote>> write(int index, const std::string& name,
                                                            const std::vector<std::string>& features);
  // Takes over what dead owners in this network namespace have left. What is no note of ours, or holds another
  // feature than these, is left alone and warned of.
  static std::vector<std::unique_ptr<FeatureNote>> left_behind(std::span<const std::string_view> known);
  ~FeatureNote();
  FeatureNote(const FeatureNote&) = delete;
  FeatureNote& operator=(const FeatureNote&) = delete;

  int index() const { return index_; }
  const std::vector<std::string>& features() const { return features_; }

 private:
  FeatureNote(std::string path, int descriptor, int index, std::vector<std::string> features);

  std::string path_;
  int descriptor_;  // holds the lock
  int index_;
  std::vector<std::string> features_;
};

}  // namespace relaysieve
