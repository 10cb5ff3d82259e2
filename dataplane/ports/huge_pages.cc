// SPDX-License-Identifier: Apache-2.0
#include "ports/huge_pages.h"

#include <mntent.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

namespace relaysieve {
namespace {

namespace fs = std::filesystem;

uint64_t number_in(const fs::path& file) {
  uint64_t number = 0;
  std::ifstream(file) >> number;
  return number;
}

// DPDK takes the first mount of a page size; so do we.
std::string mount_of(uint64_t size) {
  std::string found;
  FILE* mounts = setmntent("/proc/self/mounts", "r");
  if (mounts == nullptr) return found;
  while (const mntent* mount = getmntent(mounts)) {
    struct statfs about {};
    if (std::string_view(mount->mnt_type) != "hugetlbfs" || statfs(mount->mnt_dir, &about) != 0) continue;
    if (static_cast<uint64_t>(about.f_bsize) != size) continue;
    if (access(mount->mnt_dir, W_OK) == 0) found = mount->mnt_dir;
    break;
  }
  endmntent(mounts);
  return found;
}

}  // namespace

std::vector<HugePages> huge_pages() {
  std::vector<HugePages> all;
  std::error_code none;
  for (const auto& kind : fs::directory_iterator("/sys/kernel/mm/hugepages", none)) {
    uint64_t kilobytes = 0;
    if (std::sscanf(kind.path().filename().c_str(), "hugepages-%lukB", &kilobytes) != 1) continue;
    const uint64_t free = number_in(kind.path() / "free_hugepages");
    const uint64_t reserved = number_in(kind.path() / "resv_hugepages");  // by mappings not yet touched
    const uint64_t size = kilobytes << 10;
    all.push_back({size, free > reserved ? free - reserved : 0, mount_of(size)});
  }
  return all;
}

}  // namespace relaysieve
