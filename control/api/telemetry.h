// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>

namespace relaysieve {

// What dpdk-telemetry.py asks. `/relaysieve/stats` gives the status in the shape that DPDK's telemetry knows:
// objects, whole numbers and strings. A list becomes an object of "0", "1", ..; true is 1; seconds are whole.
class Telemetry {
 public:
  using Answer = std::function<nlohmann::ordered_json()>;

  explicit Telemetry(Answer status);  // called in threads of DPDK's
  ~Telemetry();                       // from here on nothing is answered
  Telemetry(const Telemetry&) = delete;
  Telemetry& operator=(const Telemetry&) = delete;
};

}  // namespace relaysieve
