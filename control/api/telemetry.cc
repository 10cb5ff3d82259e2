// SPDX-License-Identifier: Apache-2.0
#include "api/telemetry.h"

#include <rte_telemetry.h>

#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

namespace relaysieve {
namespace {

// DPDK forgets no command, so what answers it stands here.
std::mutex mutex;
Telemetry::Answer current_answer;

using Json = nlohmann::ordered_json;

void add(rte_tel_data* to, const std::string& name, const Json& value);

rte_tel_data* object_of(const Json& value) {
  rte_tel_data* object = rte_tel_data_alloc();
  rte_tel_data_start_dict(object);
  for (const auto& [name, member] : value.items()) add(object, name, member);  // of a list: its numbers
  return object;
}

void add(rte_tel_data* to, const std::string& name, const Json& value) {
  if (value.is_structured()) {
    rte_tel_data_add_dict_container(to, name.c_str(), object_of(value), /*keep=*/0);
  } else if (value.is_string()) {
    rte_tel_data_add_dict_string(to, name.c_str(), value.get_ref<const std::string&>().c_str());
  } else if (value.is_boolean()) {
    rte_tel_data_add_dict_u64(to, name.c_str(), value.get<bool>() ? 1 : 0);
  } else if (value.is_number()) {
    rte_tel_data_add_dict_u64(to, name.c_str(), value.get<uint64_t>());
  }
}

int stats(const char*, const char*, rte_tel_data* reply) {
  const std::lock_guard hold(mutex);
  if (!current_answer) return -1;
  const Json status = current_answer();
  rte_tel_data_start_dict(reply);
  for (const auto& [name, value] : status.items()) add(reply, name, value);
  return 0;
}

}  // namespace

Telemetry::Telemetry(Answer status) {
  static const int registered = rte_telemetry_register_cmd(
      "/relaysieve/stats", stats, "What relaysieve status tells. Takes no parameters");
  static_cast<void>(registered);
  const std::lock_guard hold(mutex);
  current_answer = std::move(status);
}

Telemetry::~Telemetry() {
  const std::lock_guard hold(mutex);
  current_answer = nullptr;
}

}  // namespace relaysieve
