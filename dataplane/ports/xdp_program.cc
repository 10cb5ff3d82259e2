// SPDX-License-Identifier: Apache-2.0
#include "ports/xdp_program.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <vector>

#include "absl/status/status.h"

namespace relaysieve {
namespace {

constexpr uint32_t kDeviceBound = 1u << 6;  // BPF_F_XDP_DEV_BOUND_ONLY, which Debian's headers do not know
constexpr const char* kTellTag = "bpf_xdp_metadata_rx_vlan_tag";

// linux/bpf.h gives the instructions' numbers, and no words for them.
constexpr bpf_insn instruction(int code, int to, int from = 0, int offset = 0, int value = 0) {
  bpf_insn made{};
  made.code = static_cast<__u8>(code);
  made.dst_reg = static_cast<__u8>(to) & 15;
  made.src_reg = static_cast<__u8>(from) & 15;
  made.off = static_cast<__s16>(offset);
  made.imm = value;
  return made;
}
constexpr bpf_insn set(int to, int value) {
  return instruction(BPF_ALU64 | BPF_MOV | BPF_K, to, 0, 0, value);
}
constexpr bpf_insn copy(int to, int from) { return instruction(BPF_ALU64 | BPF_MOV | BPF_X, to, from); }
constexpr bpf_insn add(int to, int value) {
  // NOLINTNEXTLINE(misc-redundant-expression): some parts of an instruction are 0
  return instruction(BPF_ALU64 | BPF_ADD | BPF_K, to, 0, 0, value);
}
constexpr bpf_insn to_network_order(int reg) {
  return instruction(BPF_ALU | BPF_END | BPF_TO_BE, reg, 0, 0, 16);
}
constexpr bpf_insn load(int size, int to, int from, int offset) {
  return instruction(BPF_LDX | size | BPF_MEM, to, from, offset);
}
constexpr bpf_insn store(int size, int to, int offset, int from) {
  return instruction(BPF_STX | size | BPF_MEM, to, from, offset);
}
constexpr bpf_insn skip_unless_zero(int reg, int count) {
  return instruction(BPF_JMP | BPF_JNE | BPF_K, reg, 0, count, 0);
}
constexpr bpf_insn skip_unless_greater(int reg, int other, int count) {
  return instruction(BPF_JMP | BPF_JLE | BPF_X, reg, other, count);
}
constexpr bpf_insn call(int helper) { return instruction(BPF_JMP | BPF_CALL, 0, 0, 0, helper); }
constexpr bpf_insn call_kernel(int function) {
  return instruction(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, 0, function);
}
constexpr bpf_insn leave() { return instruction(BPF_JMP | BPF_EXIT, 0); }

using Program = std::vector<bpf_insn>;

constexpr int kContext = BPF_REG_6;  // struct xdp_md, in a register that calls leave alone

// Asks for the tag that lies beside the frame. If there is one, makes room for it, moves both MAC addresses to the
// front and writes TPID and TCI behind them (IEEE 802.1Q 9.3). A frame that cannot be made whole goes no further.
Program restore_tag(int tell_tag) {
  constexpr int kTpid = -8, kTci = -6;  // on the stack; in network order, in host order
  constexpr int kFrame = BPF_REG_2, kEnd = BPF_REG_3, kWord = BPF_REG_5, kStack = BPF_REG_10;
  return {
      instruction(BPF_ST | BPF_DW | BPF_MEM, kStack, 0, kTpid, 0),
      copy(BPF_REG_1, kContext),
      copy(BPF_REG_2, kStack),
      add(BPF_REG_2, kTpid),
      copy(BPF_REG_3, kStack),
      add(BPF_REG_3, kTci),
      call_kernel(tell_tag),
      skip_unless_zero(BPF_REG_0, 22),  // no tag: to the end of this list
      copy(BPF_REG_1, kContext),
      set(BPF_REG_2, -4),
      call(BPF_FUNC_xdp_adjust_head),
      skip_unless_zero(BPF_REG_0, 5),  // to the first of the two that give up
      load(BPF_W, kFrame, kContext, offsetof(xdp_md, data)),
      load(BPF_W, kEnd, kContext, offsetof(xdp_md, data_end)),
      copy(BPF_REG_4, kFrame),
      add(BPF_REG_4, 18),
      skip_unless_greater(BPF_REG_4, kEnd, 2),
      set(BPF_REG_0, XDP_ABORTED),
      leave(),
      load(BPF_W, kWord, kFrame, 4),
      store(BPF_W, kFrame, 0, kWord),
      load(BPF_W, kWord, kFrame, 8),
      store(BPF_W, kFrame, 4, kWord),
      load(BPF_W, kWord, kFrame, 12),
      store(BPF_W, kFrame, 8, kWord),
      load(BPF_H, kWord, kStack, kTpid),
      store(BPF_H, kFrame, 12, kWord),
      load(BPF_H, kWord, kStack, kTci),
      to_network_order(kWord),
      store(BPF_H, kFrame, 14, kWord),
  };
}

// return bpf_redirect_map(&sockets, context->rx_queue_index, XDP_PASS);
Program redirect(int sockets) {
  return {
      load(BPF_W, BPF_REG_2, kContext, offsetof(xdp_md, rx_queue_index)),
      // NOLINTNEXTLINE(misc-redundant-expression): some parts of an instruction are 0
      instruction(BPF_LD | BPF_DW | BPF_IMM, BPF_REG_1, BPF_PSEUDO_MAP_FD, 0, sockets),
      instruction(0, 0),  // a 64-bit value takes the place of two
      set(BPF_REG_3, XDP_PASS),
      call(BPF_FUNC_redirect_map),
      leave(),
  };
}

// The number of a function that the kernel lends to programmes; 0 = it has no such function.
int kernel_function(const char* name) {
  btf* types = btf__load_vmlinux_btf();
  if (types == nullptr) return 0;
  const int number = btf__find_by_name_kind(types, name, BTF_KIND_FUNC);
  btf__free(types);
  return number > 0 ? number : 0;
}

Program joined(Program first, const Program& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

absl::Status refused(const char* what) {
  if (errno == EPERM || errno == EACCES)
    return absl::PermissionDeniedError(
        "not allowed: it takes root, or CAP_BPF, CAP_NET_RAW and CAP_NET_ADMIN");
  return absl::ErrnoToStatus(errno, what);
}

}  // namespace

bool XdpProgram::kernel_tells_tags() { return kernel_function(kTellTag) > 0; }

absl::StatusOr<std::unique_ptr<XdpProgram>> XdpProgram::attach(int interface_index, unsigned queues,
                                                               bool restore_tags) {
  libbpf_set_print(nullptr);  // it would write to standard error
  std::unique_ptr<XdpProgram> made(new XdpProgram);
  made->sockets_ = bpf_map_create(BPF_MAP_TYPE_XSKMAP, "relaysieve", 4, 4, queues, nullptr);
  if (made->sockets_ < 0) return refused("no map for its queues");

  LIBBPF_OPTS(bpf_prog_load_opts, how);
  Program program = {copy(kContext, BPF_REG_1)};
  if (restore_tags) {
    how.prog_ifindex = static_cast<__u32>(interface_index);
    how.prog_flags = kDeviceBound;
    program = joined(program, restore_tag(kernel_function(kTellTag)));
  }
  program = joined(program, redirect(made->sockets_));
  // The kernel lends its functions to programmes under the GPL only; this one may be had under either.
  made->program_ =
      bpf_prog_load(BPF_PROG_TYPE_XDP, "relaysieve", "Dual BSD/GPL", program.data(), program.size(), &how);
  if (made->program_ < 0) return refused("the kernel does not take the XDP programme");

  LIBBPF_OPTS(bpf_link_create_opts, mode, .flags = XDP_FLAGS_DRV_MODE);
  made->link_ = bpf_link_create(made->program_, interface_index, BPF_XDP, &mode);
  if (made->link_ < 0) return refused("its driver refuses an XDP programme");
  return made;
}

XdpProgram::~XdpProgram() {
  for (const int descriptor : {link_, program_, sockets_})
    if (descriptor >= 0) close(descriptor);
}

absl::Status XdpProgram::steer(unsigned queue, int socket) {
  if (bpf_map_update_elem(sockets_, &queue, &socket, BPF_ANY) == 0) return absl::OkStatus();
  return refused("its frames do not come to the socket");
}

}  // namespace relaysieve
