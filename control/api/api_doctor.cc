// SPDX-License-Identifier: Apache-2.0
#include <sys/resource.h>

#include "api/api.h"

namespace relaysieve::api {
namespace {

const char* word(FrameMemory memory) {
  switch (memory) {
    case FrameMemory::ordinary:
      return "ordinary";
    case FrameMemory::huge_pages:
      return "huge_pages";
    case FrameMemory::shared_huge_pages:
      break;
  }
  return "shared_huge_pages";
}

}  // namespace

HttpReply doctor(Daemon& daemon, const HttpRequest&) {
  const Wiring& wiring = daemon.wiring();
  nlohmann::ordered_json troubles = nlohmann::ordered_json::object();
  for (const Wiring::Place& place : wiring.ports())
    if (const std::string trouble = place.port->trouble(); !trouble.empty())
      troubles[place.port->name()] = trouble;
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  return reply(200, {{"memory", word(wiring.memory())},
                     {"barrier", wiring.barrier_trouble()},
                     {"files", files.rlim_max},
                     {"troubles", troubles}});
}

}  // namespace relaysieve::api
