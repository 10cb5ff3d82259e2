// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"

namespace relaysieve {

// An XDP programme on an interface, in the driver itself (native mode): each frame goes to the AF_XDP socket of
// the queue that it came in by, or to the kernel while there is none. The kernel takes it off with the process
// that attached it, however that ends. Generic mode is not used: it sees frames after GRO.
class XdpProgram {
 public:
  // Which tells a programme where the VLAN tag is that a sender left beside its frame: bpf_xdp_metadata_rx_vlan_tag.
  // Linux 6.8 and later have it.
  static bool kernel_tells_tags();

  // `restore_tags`: the interface hands out frames with their outer tag beside them, and this programme puts it
  // back. Fails with FailedPrecondition if the driver cannot, or somebody else's programme is there.
  static absl::StatusOr<std::unique_ptr<XdpProgram>> attach(int interface_index, unsigned queues,
                                                            bool restore_tags);
  ~XdpProgram();
  XdpProgram(const XdpProgram&) = delete;
  XdpProgram& operator=(const XdpProgram&) = delete;

  // From here on the queue's frames go to this socket.
  absl::Status steer(unsigned queue, int socket);

 private:
  XdpProgram() = default;

  int sockets_ = -1;  // the map: queue > socket
  int program_ = -1;
  int link_ = -1;  // holds the programme on the interface
};

}  // namespace relaysieve
