// SPDX-License-Identifier: Apache-2.0
#include <curl/curl.h>

#include <nlohmann/json.hpp>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "status.h"

namespace relaysieve {
namespace {

constexpr long kPatience = 10'000;  // ms

size_t append(char* data, size_t size, size_t count, void* body) {
  static_cast<std::string*>(body)->append(data, size * count);
  return size * count;
}

}  // namespace

absl::StatusOr<nlohmann::ordered_json> fetch_status(const std::string& control_path) {
  std::string body;
  long code = 0;
  CURL* request = curl_easy_init();
  curl_easy_setopt(request, CURLOPT_URL, "http://relaysieved/v1/status");
  curl_easy_setopt(request, CURLOPT_UNIX_SOCKET_PATH, control_path.c_str());
  curl_easy_setopt(request, CURLOPT_PROXY, "");
  curl_easy_setopt(request, CURLOPT_TIMEOUT_MS, kPatience);
  curl_easy_setopt(request, CURLOPT_WRITEFUNCTION, append);
  curl_easy_setopt(request, CURLOPT_WRITEDATA, &body);
  const CURLcode result = curl_easy_perform(request);
  curl_easy_getinfo(request, CURLINFO_RESPONSE_CODE, &code);
  curl_easy_cleanup(request);

  if (result != CURLE_OK)
    return absl::UnavailableError(absl::StrCat("control socket ", control_path, ": no relaysieved answers"));
  nlohmann::ordered_json status = nlohmann::ordered_json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (code != 200 || !status.is_object())
    return absl::UnavailableError(
        absl::StrCat("control socket ", control_path, ": not relaysieved's (", code, ")"));
  return status;
}

}  // namespace relaysieve
