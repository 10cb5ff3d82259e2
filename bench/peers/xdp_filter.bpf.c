// SPDX-License-Identifier: Apache-2.0
// The filter as one would write it in XDP: parse, then one look into an LRU hash map of the kernel's. Its key is what the
// issue of duplicate requests is usually solved with: xid, chaddr, message type, the subnet the relay reports.
// bpf_helpers.h wants the kernel's types.
// clang-format off
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
// clang-format on

#include "xdp_feed.h"

struct vlan {
  __be16 tci, type;
};

struct bootp {
  __u8 op, htype, hlen, hops;
  __be32 xid;
  __be16 secs, flags;
  __be32 ciaddr, yiaddr, siaddr, giaddr;
  __u8 chaddr[16], sname[64], file[128];
  __be32 cookie;
};

struct key {
  __be32 xid, subnet;
  __u8 chaddr[6];
  __u8 type, unused;
};

struct value {
  __u64 time;  // of the first copy
  __u32 relay, unused;
};

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 1024);  // set when it is loaded
  __type(key, struct key);
  __type(value, struct value);
} seen SEC(".maps");

struct xdp_feed feed;

#define WINDOW 1000000000ull
#define ECHO 100000000ull
#define SUBNET bpf_htonl(0xffffff00)

#define OPTIONS 312 /* at the most */

enum { PAD = 0, MESSAGE_TYPE = 53, RELAY_INFO = 82, END = 255 };

// The way through the options; places are counted from the frame's first byte.
struct walk {
  struct xdp_md* context;
  __u32 place, relay_info;  // 0 = there is no option 82
  __u8 type, overrun;
};

// One option; not 0 at the last. A function of its own, because the verifier then goes through it once.
static long read_option(__u32 index, void* arguments) {
  struct walk* walk = arguments;
  const __u8* at = (const __u8*)(long)walk->context->data + (walk->place & 2047);
  const __u8* end = (const __u8*)(long)walk->context->data_end;
  if (at + 1 > end || *at == END) return 1;  // a missing End is fine
  if (*at == PAD) {
    ++walk->place;
    return 0;
  }
  walk->overrun = at + 2 > end || at + 2 + at[1] > end;
  if (walk->overrun) return 1;
  if (*at == MESSAGE_TYPE && at + 3 <= end) walk->type = at[2];
  if (*at == RELAY_INFO) walk->relay_info = walk->place;
  walk->place += 2 + at[1];
  return 0;
}

// Option 82's link selection (RFC 3527), if it has one.
static __always_inline void read_link_selection(const __u8* at, const __u8* end, __be32* subnet) {
  if (at + 2 > end) return;
  int left = at[1];
  at += 2;
  for (int i = 0; i < 8 && left >= 6 && at + 6 <= end; ++i) {
    if (at[0] == 5 && at[1] == 4) {
      __builtin_memcpy(subnet, at + 2, 4);
      return;
    }
    left -= 2 + at[1];
    at += 2 + at[1];
  }
}

// The first copy in a window passes, another relay's does not, nor the same relay's within the echo window.
static __always_inline int test_and_set(const struct key* key, __u32 relay, __u64 now) {
  struct value* known = bpf_map_lookup_elem(&seen, key);
  if (!known) {
    const struct value begun = {now, relay, 0};
    return bpf_map_update_elem(&seen, key, &begun, BPF_NOEXIST) == -17 /* EEXIST: another processor */
               ? XDP_DROP
               : XDP_PASS;
  }
  const __u64 began = known->time;
  const __u64 age = now - began;
  if (age <= WINDOW && (known->relay != relay || age <= ECHO)) return XDP_DROP;
  if (__sync_val_compare_and_swap(&known->time, began, now) != began) return XDP_DROP;
  known->relay = relay;
  return XDP_PASS;
}

static __always_inline int judge(struct xdp_md* context, __u64 now) {
  const __u8* at = (const __u8*)(long)context->data;
  const __u8* end = (const __u8*)(long)context->data_end;
  const struct ethhdr* ethernet = (const void*)at;
  if (at + sizeof *ethernet > end) return XDP_PASS;
  __be16 type = ethernet->h_proto;
  at += sizeof *ethernet;
  for (int tag = 0; tag < 2; ++tag) {
    if (type != bpf_htons(ETH_P_8021Q) && type != bpf_htons(ETH_P_8021AD)) break;
    const struct vlan* vlan = (const void*)at;
    if (at + sizeof *vlan > end) return XDP_PASS;
    type = vlan->type;
    at += sizeof *vlan;
  }
  const struct iphdr* ip = (const void*)at;
  if (type != bpf_htons(ETH_P_IP) || at + sizeof *ip > end) return XDP_PASS;
  if (ip->version != 4 || ip->ihl < 5 || ip->protocol != IPPROTO_UDP) return XDP_PASS;
  if (ip->frag_off & bpf_htons(0x3fff)) return XDP_PASS;
  at += ip->ihl * 4;
  const struct udphdr* udp = (const void*)at;
  if (at + sizeof *udp > end || udp->dest != bpf_htons(67)) return XDP_PASS;
  at += sizeof *udp;
  const struct bootp* bootp = (const void*)at;
  if (at + sizeof *bootp > end) return XDP_PASS;
  if (bootp->op != 1 || bootp->giaddr == 0 || bootp->cookie != bpf_htonl(0x63825363)) return XDP_PASS;

  struct key key = {.xid = bootp->xid, .subnet = bootp->giaddr};
  __builtin_memcpy(key.chaddr, bootp->chaddr, sizeof key.chaddr);
  const __u8* frame = (const __u8*)(long)context->data;
  struct walk walk = {.context = context, .place = at + sizeof *bootp - frame};
  bpf_loop(OPTIONS, read_option, &walk, 0);
  if (walk.overrun) return XDP_PASS;
  key.type = walk.type;
  if (walk.relay_info != 0) read_link_selection(frame + (walk.relay_info & 2047), end, &key.subnet);
  key.subnet &= SUBNET;
  return test_and_set(&key, ip->saddr, now);
}

// Makes the test run's frame the next copy of the feed. All its frames have no tag and no IP options.
static __always_inline const struct xdp_copy* make_next(struct xdp_md* context, __u32 next) {
  __u8* frame = (__u8*)(long)context->data;
  if (frame + 42 + sizeof(struct bootp) > (__u8*)(long)context->data_end) return 0;
  const struct xdp_copy* copy = &feed.copies[next % XDP_COPIES];
  struct bootp* bootp = (void*)(frame + 42);
  frame[11] = frame[29] = ((__u8*)&bootp->giaddr)[3] = copy->relay;
  bootp->xid = copy->xid;
  __builtin_memcpy(bootp->chaddr + 2, &copy->client, 4);
  return copy;
}

static long judge_next(__u32 next, void* context) {
  const struct xdp_copy* copy = make_next(*(struct xdp_md**)context, next);
  if (!copy) return 1;
  feed.drops += judge(*(struct xdp_md**)context, copy->time) == XDP_DROP;
  return 0;
}

static long only_next(__u32 next, void* context) {
  const struct xdp_copy* copy = make_next(*(struct xdp_md**)context, next);
  if (!copy) return 1;
  feed.drops += copy->relay == 0;
  return 0;
}

SEC("xdp") int judge_all(struct xdp_md* context) {
  bpf_loop(feed.count, judge_next, &context, 0);
  return XDP_PASS;
}

// All but the judging, to be taken off.
SEC("xdp") int only_feed(struct xdp_md* context) {
  bpf_loop(feed.count, only_next, &context, 0);
  return XDP_PASS;
}

char _license[] SEC("license") = "Apache-2.0";
