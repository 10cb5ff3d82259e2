// SPDX-License-Identifier: Apache-2.0
#include "ports/barrier.h"

#include <nftables/libnftables.h>
#include <unistd.h>

#include <cstdlib>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace relaysieve {
namespace {

std::string table_of(const std::vector<std::string>& interfaces) {
  const std::string devices = absl::StrCat("devices = { \"", absl::StrJoin(interfaces, "\", \""), "\" }");
  return absl::StrCat("table netdev relaysieve_", getpid(), " {\n  flags owner\n",  //
                      "  chain in { type filter hook ingress ", devices,
                      " priority -500; policy drop; }\n",                                                  //
                      "  chain out { type filter hook egress ", devices, " priority 500; policy drop;\n",  //
                      "    meta mark ", Barrier::kMark, " meta mark set 0 accept; }\n}\n");
}

std::string first_line(const char* text) {
  const std::vector<std::string> lines = absl::StrSplit(text == nullptr ? "" : text, '\n');
  return std::string(absl::StripAsciiWhitespace(lines.front()));
}

// libnftables ends the process where it gets no memory, after a line that says so; but with status 2, which is for wrong
// words here.
class WhileNftablesMayExit {
 public:
  WhileNftablesMayExit() {
    [[maybe_unused]] static const int registered = std::atexit([] {
      if (may_exit_) _exit(EXIT_FAILURE);
    });
    may_exit_ = true;
  }
  ~WhileNftablesMayExit() { may_exit_ = false; }
  WhileNftablesMayExit(const WhileNftablesMayExit&) = delete;
  WhileNftablesMayExit& operator=(const WhileNftablesMayExit&) = delete;

 private:
  static inline bool may_exit_ = false;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Barrier>> Barrier::make() {
  const WhileNftablesMayExit guard;
  nft_ctx* context = nft_ctx_new(NFT_CTX_DEFAULT);
  if (context == nullptr) return absl::UnavailableError("nftables does not answer");
  nft_ctx_buffer_error(context);
  nft_ctx_buffer_output(context);
  return std::unique_ptr<Barrier>(new Barrier(context));
}

absl::Status Barrier::raise(const std::vector<std::string>& interfaces) {
  const WhileNftablesMayExit guard;
  if (nft_run_cmd_from_buffer(context_, table_of(interfaces).c_str()) != 0)
    return absl::UnavailableError(first_line(nft_ctx_get_error_buffer(context_)));
  return absl::OkStatus();
}

Barrier::~Barrier() { nft_ctx_free(context_); }

}  // namespace relaysieve
