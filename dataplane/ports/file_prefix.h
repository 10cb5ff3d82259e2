// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <utility>

namespace relaysieve {

// The name under which DPDK's own tools find this process (their --file-prefix): `relaysieve` for the first
// daemon of a machine, `relaysieve-2` for one beside it, and so on. Under it DPDK keeps its sockets and tables
// in its runtime directory, and on hugetlbfs the huge pages themselves, which would outlive the process.
class FilePrefix {
 public:
  // Takes the lowest number that no living daemon has, and removes what dead ones have left behind. To be asked
  // before DPDK starts. None: the runtime directory is not ours to write to.
  static std::optional<FilePrefix> take();
  ~FilePrefix();  // removes what lies under the name: DPDK must be needed no more
  FilePrefix(FilePrefix&& other) noexcept
      : name_(std::move(other.name_)), lock_(std::exchange(other.lock_, -1)) {}
  FilePrefix& operator=(FilePrefix&&) = delete;

  const std::string& name() const { return name_; }
  // Whether a tool's process is attached: it lives, and listens on a socket under the name.
  bool has_company() const;
  // What has to stand before a tool's command so that it looks where we are: "RUNTIME_DIRECTORY=/run/x ", or
  // nothing.
  static std::string where();

 private:
  FilePrefix(std::string name, int lock) : name_(std::move(name)), lock_(lock) {}

  std::string name_;
  int lock_;  // on a file; the kernel lets go of it with the process
};

}  // namespace relaysieve
