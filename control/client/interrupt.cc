// SPDX-License-Identifier: Apache-2.0
#include "client/interrupt.h"

namespace relaysieve {
namespace {

volatile std::sig_atomic_t g_interrupted = 0;

}  // namespace

Interruptible::Interruptible() {
  g_interrupted = 0;
  struct sigaction note {};
  note.sa_handler = [](int) { g_interrupted = 1; };  // without SA_RESTART
  sigaction(SIGINT, &note, &interrupt_before_);
  sigaction(SIGTERM, &note, &terminate_before_);
  std::signal(SIGPIPE, SIG_IGN);
}

Interruptible::~Interruptible() {
  sigaction(SIGINT, &interrupt_before_, nullptr);
  sigaction(SIGTERM, &terminate_before_, nullptr);
}

bool interrupted() { return g_interrupted != 0; }

}  // namespace relaysieve
