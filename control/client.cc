// SPDX-License-Identifier: Apache-2.0
#include "client.h"

#include <curl/curl.h>

#include <cerrno>
#include <iostream>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "version.h"

namespace relaysieve {
namespace {

using nlohmann::ordered_json;

constexpr long kPatience = 30'000;  // ms; to forget sixteen million clients takes some

struct Answer {
  long code = 0;
  std::string server, body;
};

size_t append(char* data, size_t size, size_t count, void* body) {
  static_cast<std::string*>(body)->append(data, size * count);
  return size * count;
}

// Called for each line of the headers.
size_t look_for_server(char* data, size_t size, size_t count, void* server) {
  absl::string_view line(data, size * count);
  if (absl::ConsumePrefix(&line, "Server:"))
    *static_cast<std::string*>(server) = std::string(absl::StripAsciiWhitespace(line));
  return size * count;
}

absl::StatusOr<Answer> transfer(const std::string& control_path, const char* method, const std::string& path,
                                const std::string& body) {
  Answer answer;
  const std::unique_ptr<CURL, void (*)(CURL*)> owner(curl_easy_init(), curl_easy_cleanup);
  CURL* request = owner.get();
  curl_easy_setopt(request, CURLOPT_URL, absl::StrCat("http://relaysieved", path).c_str());
  curl_easy_setopt(request, CURLOPT_UNIX_SOCKET_PATH, control_path.c_str());
  curl_easy_setopt(request, CURLOPT_PROXY, "");
  curl_easy_setopt(request, CURLOPT_TIMEOUT_MS, kPatience);
  curl_easy_setopt(request, CURLOPT_CUSTOMREQUEST, method);
  if (!body.empty()) {
    curl_easy_setopt(request, CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
    curl_easy_setopt(request, CURLOPT_POSTFIELDS, body.c_str());
  }
  curl_easy_setopt(request, CURLOPT_WRITEFUNCTION, append);
  curl_easy_setopt(request, CURLOPT_WRITEDATA, &answer.body);
  curl_easy_setopt(request, CURLOPT_HEADERFUNCTION, look_for_server);
  curl_easy_setopt(request, CURLOPT_HEADERDATA, &answer.server);
  const CURLcode result = curl_easy_perform(request);
  long error = 0;
  curl_easy_getinfo(request, CURLINFO_RESPONSE_CODE, &answer.code);
  curl_easy_getinfo(request, CURLINFO_OS_ERRNO, &error);
  if (result == CURLE_OK) return answer;
  return absl::UnavailableError(absl::StrCat(
      "control socket ", control_path, ": ",
      error == EACCES ? "not allowed: it is for root and the socket's group" : "no relaysieved answers"));
}

}  // namespace

absl::StatusOr<ordered_json> ask(const std::string& control_path, const char* method, const std::string& path,
                                 const std::string& body) {
  const absl::StatusOr<Answer> answer = transfer(control_path, method, path, body);
  if (!answer.ok()) return answer.status();
  absl::string_view version = answer->server;
  ordered_json content = ordered_json::parse(answer->body, nullptr, /*allow_exceptions=*/false);
  if (!absl::ConsumePrefix(&version, "relaysieved/") || !content.is_object())
    return absl::UnavailableError(absl::StrCat("control socket ", control_path, ": not relaysieved's"));
  if (version != kVersion)
    std::cerr << "relaysieve: this is version " << kVersion << ", and relaysieved is " << version << "\n";
  if (answer->code == 200) return content;
  const auto lines = content.value("errors", std::vector<std::string>{absl::StrCat("error ", answer->code)});
  const auto code = answer->code == 400 ? absl::StatusCode::kInvalidArgument : absl::StatusCode::kUnavailable;
  return absl::Status(code, absl::StrJoin(lines, "\n"));
}

}  // namespace relaysieve
