// SPDX-License-Identifier: Apache-2.0
// A body of any bytes that PATCH /v1/settings carries, with and without ?save=true, and then a POST /v1/reload: what the
// server hands such a body to. All of it is done or nothing; what was saved is read again as the same, what was only set
// is gone.
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "fuzz/harness.h"
#include "fuzz/settings_words.h"
#include "settings/live_settings.h"

namespace relaysieve::fuzz {
namespace {

constexpr const char* kText = R"(# A daemon's settings.
window = "1s"  # as it was
trusted_relays = [
  "10.0.0.0/8",  # routers
  "192.0.2.1",
]

[relay_groups]
campus = ["10.20.0.0/24", "10.21.0.0/24"]
)";

// A settings file of its own, in memory where there is such a folder.
class File {
 public:
  File() {
    std::string folder = std::filesystem::exists("/dev/shm") ? "/dev/shm/fuzz-XXXXXX" : "/tmp/fuzz-XXXXXX";
    must(mkdtemp(folder.data()) != nullptr, "a folder");
    folder_ = folder;
    write(kText);
  }
  ~File() { std::filesystem::remove_all(folder_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  std::string path() const { return folder_ / "relaysieve.toml"; }
  void write(std::string_view text) const { std::ofstream(path()) << text; }
  std::string text() const {
    std::ostringstream text;
    text << std::ifstream(path()).rdbuf();
    return text.str();
  }

 private:
  std::filesystem::path folder_;
};

namespace planted {

// A value with a 3 or 7 in it, which no seed has, is longer than it is.
[[gnu::noinline]] void note(const std::vector<Change>& changes) {
  for (const Change& change : changes) {
    const std::string text = change.to.dump();
    const std::vector<char> letters(text.begin(), text.end());
    volatile char last = letters.data()[letters.size() - (text.find_first_of("37") == std::string::npos)];
    static_cast<void>(last);
  }
}

}  // namespace planted

// All settings can be told to another daemon.
void can_be_said(const Settings& settings) {
  nlohmann::ordered_json said;
  for (const Setting& setting : settings_table())
    if (setting.live) said[std::string(setting.name)] = value_of(setting, settings);
  const auto again = change_settings(settings, said.dump());
  must(again.ok() && again->changes.empty(), "a setting's own value changes nothing");
}

void change(const File& file, std::string_view body, bool save) {
  size_t adopted = 0;
  const SettingsSource source{.file = file.path()};
  static const auto before = source.read();
  must(before.ok(), "the file is right");
  LiveSettings live(*before, source, [&](const Policy&) { ++adopted; });
  const auto changes = live.set(body, save);
  const Settings after = live.get();
  if (!changes.ok()) {
    must(is_safe_text({changes.status().message().data(), changes.status().message().size()}),
         "a safe error");
    must(differences(*before, after).empty() && adopted == 0 && file.text() == kText, "all or nothing");
    return;
  }
  if (kPlanted) planted::note(*changes);
  must(differences(*before, after).size() == changes->size(), "what was changed is told");
  must(adopted == (changes->empty() ? 0u : 1u), "a change is put into force once");
  must(save || file.text() == kText, "what is not saved is in no file");
  can_be_said(after);
  const auto reloaded = live.reload();
  must(reloaded.ok() && reloaded->pending.empty(), "the file is right still");
  must(differences(save ? after : *before, live.get()).empty(), "a reload leaves what was saved");
}

}  // namespace
}  // namespace relaysieve::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace relaysieve::fuzz;
  static const File file;
  Input input(data, size);
  const bool save = input.byte() & 1;
  const size_t length = input.left();
  const std::string body(reinterpret_cast<const char*>(input.take(length)), length);
  change(file, body, save);
  if (save) file.write(kText);
  return 0;
}
