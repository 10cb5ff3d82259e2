// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "ports/feature_note.h"

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
  bool is_up() const;    // as far as it lies with the box (IFF_UP)
  bool carrier() const;  // up, and its peer or cable as well
  int mtu() const;       // bytes of payload; 0 = it does not say
  struct Queues {
    unsigned rx = 0;
    unsigned tx = 0;
  };
  Queues queues() const;              // in use; 0 = it does not say
  std::string kernel_driver() const;  // "veth", "ixgbe"; "" = it does not say
  std::vector<std::string> merging()
      const;  // the features on that make one frame of several, and others that
              // stop_merging() has been told to switch off
  std::vector<std::string> keeps_merging() const;  // those of the former that cannot be switched off
  bool keeps_stripping() const;                    // takes VLAN tags off frames, and cannot be told not to

  absl::Status bring_up();
  // Taken down until it is released, or this object ends: the peer loses its link.
  absl::Status hold_down();
  absl::Status release();
  bool held_down() const { return held_down_.load(std::memory_order_relaxed); }  // for any thread

  // What merges frames (GRO, LRO and their kin) is off from here on, and as it was when this object ends: a
  // wire hands on the frames that came, not their sum. Noted, so that restore_merging() can make up for a SIGKILL.
  // With `stripping`, so is what takes VLAN tags off frames and hands them over beside them.
  absl::Status stop_merging(bool stripping = false);
  // The same, for what somebody has switched on since; the names of that.
  absl::StatusOr<std::vector<std::string>> stop_merging_again();

  std::vector<std::string> changes() const;  // what bring_up() and stop_merging() have done

  // Switches on again what a relaysieved that was killed has left off, on any interface of this network namespace.
  static void restore_merging();

 private:
  Interface(std::string name, int index, int descriptor);
  absl::Status switch_merging_off(const std::vector<std::string>& names) const;
  absl::Status set_up(bool up);

  std::string name_;
  int index_;
  int descriptor_;  // a socket for ioctl(2)
  bool was_down_ = false;
  std::atomic<bool> held_down_ = false;
  bool stripping_unwanted_ = false;
  std::vector<std::string> switched_off_;
  std::unique_ptr<FeatureNote> note_;  // of switched_off_
};

}  // namespace relaysieve
