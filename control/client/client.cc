// SPDX-License-Identifier: Apache-2.0
#include "client/client.h"

#include <curl/curl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <iostream>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "client/find_daemon.h"
#include "client/interrupt.h"
#include "version.h"

namespace relaysieve {
namespace {

using nlohmann::ordered_json;

constexpr long kReplyPatience = 30'000;  // ms; to forget sixteen million clients takes some

using Owner = std::unique_ptr<CURL, void (*)(CURL*)>;

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

Owner request_for(const std::string& control_path, const std::string& path, Answer& answer) {
  Owner request(curl_easy_init(), curl_easy_cleanup);
  curl_easy_setopt(request.get(), CURLOPT_URL, absl::StrCat("http://relaysieved", path).c_str());
  curl_easy_setopt(request.get(), CURLOPT_UNIX_SOCKET_PATH, control_path.c_str());
  curl_easy_setopt(request.get(), CURLOPT_PROXY, "");
  curl_easy_setopt(request.get(), CURLOPT_HEADERFUNCTION, look_for_server);
  curl_easy_setopt(request.get(), CURLOPT_HEADERDATA, &answer.server);
  return request;
}

absl::Status nobody(CURL* request, const std::string& control_path) {
  long error = 0;
  curl_easy_getinfo(request, CURLINFO_OS_ERRNO, &error);
  return absl::UnavailableError(absl::StrCat(
      "control socket ", control_path, ": ",
      error == EACCES ? "not allowed: it is for root and the socket's group" : "no relaysieved answers"));
}

absl::StatusOr<Answer> transfer(const std::string& control_path, const char* method, const std::string& path,
                                const std::string& body) {
  Answer answer;
  const Owner owner = request_for(control_path, path, answer);
  CURL* request = owner.get();
  curl_easy_setopt(request, CURLOPT_TIMEOUT_MS, kReplyPatience);
  curl_easy_setopt(request, CURLOPT_CUSTOMREQUEST, method);
  if (!body.empty()) {
    curl_easy_setopt(request, CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
    curl_easy_setopt(request, CURLOPT_POSTFIELDS, body.c_str());
  }
  curl_easy_setopt(request, CURLOPT_WRITEFUNCTION, append);
  curl_easy_setopt(request, CURLOPT_WRITEDATA, &answer.body);
  if (curl_easy_perform(request) != CURLE_OK) return nobody(request, control_path);
  curl_easy_getinfo(request, CURLINFO_RESPONSE_CODE, &answer.code);
  return answer;
}

absl::Status check_server(const std::string& control_path, absl::string_view version) {
  if (!absl::ConsumePrefix(&version, "relaysieved/"))
    return absl::UnavailableError(absl::StrCat("control socket ", control_path, ": not relaysieved's"));
  if (version != kVersion)
    std::cerr << "relaysieve: this is version " << kVersion << ", and relaysieved is " << version << "\n";
  return absl::OkStatus();
}

// What is to be made of an answer to the end.
absl::StatusOr<ordered_json> content_of(const std::string& control_path, const Answer& answer) {
  ordered_json content = ordered_json::parse(answer.body, nullptr, /*allow_exceptions=*/false);
  if (!content.is_object())
    return absl::UnavailableError(absl::StrCat("control socket ", control_path, ": not relaysieved's"));
  if (answer.code == 200) return content;
  const auto lines = content.value("errors", std::vector<std::string>{absl::StrCat("error ", answer.code)});
  const auto code = answer.code == 400 ? absl::StatusCode::kInvalidArgument : absl::StatusCode::kUnavailable;
  return absl::Status(code, absl::StrJoin(lines, "\n"));
}

// An answer without an end.
struct Following {
  const std::string& control_path;
  const std::function<bool(std::string_view)>& take;
  CURL* request = nullptr;
  Answer answer = {};  // if it is none of that kind
  absl::Status server = absl::OkStatus();
  bool begun = false, enough = false;

  static size_t on_data(char* data, size_t size, size_t count, void* self) {
    return static_cast<Following*>(self)->more({data, size * count}) ? size * count : 0;
  }
  static int on_idle(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return static_cast<Following*>(self)->stopped() ? 1 : 0;
  }

  bool more(std::string_view piece) {
    if (!std::exchange(begun, true)) {
      curl_easy_getinfo(request, CURLINFO_RESPONSE_CODE, &answer.code);
      server = check_server(control_path, answer.server);
      if (!server.ok()) return false;
    }
    if (answer.code == 200) {
      enough = enough || !take(piece);
      return !enough;
    }
    answer.body += piece;
    return true;
  }

  // At least once a second. Nobody may be left to read, although there is nothing to write.
  bool stopped() {
    pollfd out{STDOUT_FILENO, 0, 0};
    enough = enough || interrupted() || (poll(&out, 1, 0) == 1 && (out.revents & (POLLERR | POLLHUP)) != 0);
    return enough;
  }
};

}  // namespace

absl::StatusOr<ordered_json> ask(const std::string& control, const char* method, const std::string& path,
                                 const std::string& body) {
  const absl::StatusOr<std::string> control_path = find_daemon(control);
  if (!control_path.ok()) return control_path.status();
  const absl::StatusOr<Answer> answer = transfer(*control_path, method, path, body);
  if (!answer.ok()) return answer.status();
  if (absl::Status server = check_server(*control_path, answer->server); !server.ok()) return server;
  return content_of(*control_path, *answer);
}

absl::Status follow(const std::string& control, const std::string& path,
                    const std::function<bool(std::string_view piece)>& take) {
  const absl::StatusOr<std::string> found = find_daemon(control);
  if (!found.ok()) return found.status();
  const std::string& control_path = *found;
  const Interruptible signals;
  Following stream{.control_path = control_path, .take = take};
  const Owner request = request_for(control_path, path, stream.answer);
  stream.request = request.get();
  curl_easy_setopt(request.get(), CURLOPT_WRITEFUNCTION, Following::on_data);
  curl_easy_setopt(request.get(), CURLOPT_WRITEDATA, &stream);
  curl_easy_setopt(request.get(), CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(request.get(), CURLOPT_XFERINFOFUNCTION, Following::on_idle);
  curl_easy_setopt(request.get(), CURLOPT_XFERINFODATA, &stream);
  const CURLcode result = curl_easy_perform(request.get());
  if (stream.enough) return absl::OkStatus();
  if (!stream.server.ok()) return stream.server;
  curl_easy_getinfo(request.get(), CURLINFO_RESPONSE_CODE, &stream.answer.code);
  if (stream.answer.code == 0) return nobody(request.get(), control_path);
  if (stream.answer.code != 200) return content_of(control_path, stream.answer).status();
  if (result == CURLE_OK) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat("control socket ", control_path, ": relaysieved has ended"));
}

absl::Status follow_lines(const std::string& control, const std::string& path,
                          const std::function<bool(std::string_view line)>& take) {
  std::string begun;  // of a line
  return follow(control, path, [&](std::string_view piece) {
    for (size_t end; (end = piece.find('\n')) != piece.npos; piece.remove_prefix(end + 1)) {
      begun += piece.substr(0, end);
      if (!begun.empty() && !take(begun)) return false;
      begun.clear();
    }
    begun += piece;
    return true;
  });
}

}  // namespace relaysieve
