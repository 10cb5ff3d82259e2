// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace relaysieve::bench {

// Each adds the rows of one stage: ours, its peers', and the floor.
void add_floor_rows();
void add_message_rows();
void add_fingerprint_rows();
void add_window_rows();
void add_filter_rows();
void add_worker_rows();

}  // namespace relaysieve::bench
