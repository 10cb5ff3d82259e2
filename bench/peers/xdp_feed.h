/* SPDX-License-Identifier: Apache-2.0 */
/* What the XDP program and who runs it share: the copies of one run. */
#pragma once

#include <linux/types.h>

#define XDP_COPIES 1024

struct xdp_copy {
  __u64 time;   /* ns */
  __u32 client; /* in bytes 2 to 5 of chaddr */
  __u32 xid;
  __u8 relay; /* the last byte of its MAC, its IP and its giaddr */
};

struct xdp_feed {
  struct xdp_copy copies[XDP_COPIES];
  __u64 drops;
  __u32 count; /* of copies */
};
