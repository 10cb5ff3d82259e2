// SPDX-License-Identifier: Apache-2.0
#include "client/web.h"

#include <curl/curl.h>

#include <memory>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace relaysieve {
namespace {

constexpr long kPagePatience = 10'000;  // ms

size_t append_page(char* data, size_t size, size_t count, void* page) {
  static_cast<std::string*>(page)->append(data, size * count);
  return size * count;
}

}  // namespace

absl::StatusOr<std::string> get_page(const std::string& url) {
  const std::unique_ptr<CURL, void (*)(CURL*)> request(curl_easy_init(), curl_easy_cleanup);
  std::string page;
  curl_easy_setopt(request.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(request.get(), CURLOPT_PROXY, "");
  curl_easy_setopt(request.get(), CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt(request.get(), CURLOPT_TIMEOUT_MS, kPagePatience);
  curl_easy_setopt(request.get(), CURLOPT_WRITEFUNCTION, append_page);
  curl_easy_setopt(request.get(), CURLOPT_WRITEDATA, &page);
  const CURLcode result = curl_easy_perform(request.get());
  if (result == CURLE_OK) return page;
  return absl::UnavailableError(absl::StrCat(url, ": ", curl_easy_strerror(result)));
}

}  // namespace relaysieve
