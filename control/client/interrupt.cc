// SPDX-License-Identifier: Apache-2.0
#include "client/interrupt.h"

#include <atomic>

namespace relaysieve {
namespace {

std::atomic<bool> g_interrupted = false;
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may write it");

}  // namespace

Interruptible::Interruptible() {
  g_interrupted = false;
  struct sigaction note {};
  note.sa_handler = [](int) { g_interrupted = true; };  // without SA_RESTART
  sigaction(SIGINT, &note, &interrupt_before_);
  sigaction(SIGTERM, &note, &terminate_before_);
  std::signal(SIGPIPE, SIG_IGN);
}

Interruptible::~Interruptible() {
  sigaction(SIGINT, &interrupt_before_, nullptr);
  sigaction(SIGTERM, &terminate_before_, nullptr);
}

bool interrupted() { return g_interrupted; }

}  // namespace relaysieve
