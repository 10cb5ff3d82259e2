// SPDX-License-Identifier: Apache-2.0
#include "replay/replay.h"

#include <array>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "capture/reader.h"
#include "capture/writer.h"
#include "exit_status.h"
#include "relaysieve/filter.h"
#include "replay/progress.h"
#include "replay/report.h"
#include "replay/tally.h"
#include "replay/verdict_lines.h"

namespace relaysieve {
namespace {

// A replay has nobody to hide collisions from: a fixed key makes every run the same.
constexpr uint64_t kSeed = 1;

struct Outputs {
  std::unique_ptr<CaptureWriter> forwarded;
  std::unique_ptr<CaptureWriter> dropped;
  std::unique_ptr<VerdictLines> verdicts;

  void write(const CaptureBurst& burst, std::span<const Verdict> judged);
  absl::Status status() const;
  absl::Status flush();
};

void Outputs::write(const CaptureBurst& burst, std::span<const Verdict> judged) {
  for (size_t i = 0; i < burst.frames.size(); ++i) {
    CaptureWriter* capture = judged[i].dropped() ? dropped.get() : forwarded.get();
    if (capture != nullptr) capture->write(burst.frames[i], burst.lengths[i]);
    if (verdicts != nullptr) verdicts->write(burst.frames[i], judged[i]);
  }
}

absl::Status Outputs::status() const {
  absl::Status status;
  if (forwarded != nullptr) status.Update(forwarded->status());
  if (dropped != nullptr) status.Update(dropped->status());
  if (verdicts != nullptr) status.Update(verdicts->status());
  return status;
}

absl::Status Outputs::flush() {
  absl::Status status;
  if (forwarded != nullptr) status.Update(forwarded->flush());
  if (dropped != nullptr) status.Update(dropped->flush());
  if (verdicts != nullptr) status.Update(verdicts->flush());
  return status;
}

bool same_file(const std::string& a, const std::string& b) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  if (fs::exists(a, ignored) && fs::exists(b, ignored)) {
    return fs::equivalent(a, b, ignored) && fs::is_regular_file(a, ignored);
  }
  return fs::weakly_canonical(a, ignored) == fs::weakly_canonical(b, ignored);
}

// Opening an output empties it: neither the input nor another output may be the same file.
absl::Status refuse_same_file(const ReplayFiles& files) {
  const std::string input = files.input == "-" ? "/dev/stdin" : files.input;
  const std::array paths = {input, files.forwarded, files.dropped, files.verdicts};
  for (size_t i = 1; i < paths.size(); ++i) {
    if (paths[i].empty()) continue;
    if (paths[i] == "-") return absl::InvalidArgumentError("-: an output must be a file with a name");
    for (size_t j = 0; j < i; ++j) {
      if (!same_file(paths[i], paths[j])) continue;
      return absl::InvalidArgumentError(
          absl::StrCat(paths[i], j == 0 ? ": is the input as well" : ": is given for two outputs"));
    }
  }
  return absl::OkStatus();
}

template <typename Output>
absl::Status open_to(std::unique_ptr<Output>& output, const std::string& path) {
  if (path.empty()) return absl::OkStatus();
  auto opened = Output::open(path);
  if (!opened.ok()) return opened.status();
  output = *std::move(opened);
  return absl::OkStatus();
}

absl::StatusOr<Outputs> open_outputs(const ReplayFiles& files) {
  Outputs outputs;
  absl::Status status = refuse_same_file(files);
  if (status.ok()) status = open_to(outputs.forwarded, files.forwarded);
  if (status.ok()) status = open_to(outputs.dropped, files.dropped);
  if (status.ok()) status = open_to(outputs.verdicts, files.verdicts);
  if (!status.ok()) return status;
  return outputs;
}

// The whole way of a frame: capture file, filter, and `take`, whose error ends it.
template <typename Take>
absl::Status run(CaptureReader& reader, const Settings& settings, Take take) {
  Filter filter(std::make_shared<const Policy>(settings.policy),
                {.clients = settings.clients, .seed = kSeed});
  Progress progress(reader.bytes_total());
  std::array<Verdict, CaptureReader::kBurst> verdicts;
  while (true) {
    const CaptureBurst burst = reader.next();
    if (burst.frames.empty()) return absl::OkStatus();
    filter.judge(burst.frames, verdicts);
    if (auto status = take(burst, verdicts); !status.ok()) return status;
    if (progress.due()) progress.show(reader.bytes_read(), reader.frames());
  }
}

int not_replayed(const absl::Status& status) {
  std::cerr << "relaysieve: " << status.message() << "\n";
  return exit_status(status);
}

}  // namespace

int replay(const ReplayFiles& files, const Settings& settings, bool json) {
  auto reader = CaptureReader::open(files.input);
  if (!reader.ok()) return not_replayed(reader.status());
  auto outputs = open_outputs(files);
  if (!outputs.ok()) return not_replayed(outputs.status());

  Tally tally;
  absl::Status status = run(**reader, settings, [&](const CaptureBurst& burst, std::span<Verdict> verdicts) {
    for (size_t i = 0; i < burst.frames.size(); ++i) tally.add(burst.frames[i], verdicts[i]);
    outputs->write(burst, verdicts);
    return outputs->status();
  });
  if (status.ok()) status = outputs->flush();
  if (!status.ok()) return not_replayed(status);

  const absl::Status broken = (*reader)->status();
  const Report report{.input = files.input == "-" ? "standard input" : files.input,
                      .frames_read = (*reader)->frames(),
                      .broken = std::string(broken.message()),
                      .settings = settings,
                      .tally = tally};
  std::cout << (json
                    ? report_json(report).dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n"
                    : report_text(report))
            << std::flush;
  if (!broken.ok()) return not_replayed(broken);
  if (!std::cout) return not_replayed(absl::InternalError("standard output: cannot be written"));
  return report.sums_agree() ? 0 : 1;
}

absl::StatusOr<CensusTotals> census_of(const std::string& input, const Settings& settings) {
  auto reader = CaptureReader::open(input);
  if (!reader.ok()) return reader.status();
  Census census;
  absl::Status status = run(**reader, settings, [&](const CaptureBurst& burst, std::span<Verdict> verdicts) {
    for (size_t i = 0; i < burst.frames.size(); ++i) census.note(burst.frames[i], verdicts[i]);
    return absl::OkStatus();
  });
  if (status.ok()) status = (*reader)->status();
  if (!status.ok()) return status;
  return CensusTotals(std::array<const Census*, 1>{&census});
}

}  // namespace relaysieve
