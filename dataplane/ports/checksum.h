// SPDX-License-Identifier: Apache-2.0
#pragma once

struct rte_mbuf;

namespace relaysieve {

// The checksum of TCP or UDP that a sender on this machine (a container, a virtual machine) has left to a NIC: the
// field holds the sum of the pseudo-header only. A wire would have shown the finished one, and whoever gets the
// unfinished one from us throws the frame away. So it is finished here, as the kernel or a NIC would.

// Of a frame that is known to be so. False: it is neither TCP nor UDP over IP in one piece, and left as it is.
bool finish_checksum(rte_mbuf* frame);

// Of a frame of which that is not known, where senders leave it so: one whose checksum is wrong, and is just the sum
// that would have been left. Of frames that were damaged on the way, one in 65,536 looks like that. True: done.
bool finish_checksum_if_left(rte_mbuf* frame);

}  // namespace relaysieve
