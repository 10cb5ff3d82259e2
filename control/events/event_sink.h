// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "events/event_log.h"

namespace relaysieve {

// Where the daemon's words go. Under systemd, where standard error is the journal's (JOURNAL_STREAM, systemd.exec(5)),
// straight to the journal, each line with its priority, and an event with fields: RELAYSIEVE_EVENT=relay_silent,
// RELAYSIEVE_RELAY=10.30.0.3 ... (or _PORT, _WORKER, _SETTING), RELAYSIEVE_NUMBER, RELAYSIEVE_LEFT_OUT. Else to standard
// error, with the time.
void set_up_log();
EventLog::Sink event_sink();

}  // namespace relaysieve
