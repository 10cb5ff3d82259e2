// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <csignal>

namespace relaysieve {

// As long as one lives, SIGINT and SIGTERM only make interrupted() true, and end the system call that waits; SIGPIPE is
// ignored from the first one on. For commands that run until somebody has seen enough.
class Interruptible {
 public:
  Interruptible();
  ~Interruptible();
  Interruptible(const Interruptible&) = delete;
  Interruptible& operator=(const Interruptible&) = delete;

 private:
  struct sigaction interrupt_before_ {};
  struct sigaction terminate_before_ {};
};

bool interrupted();

}  // namespace relaysieve
