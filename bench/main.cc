// SPDX-License-Identifier: Apache-2.0
// Google Benchmark's own words, and --wrong=mix|clients: stream something else than each row asks for. All rows must then
// refuse to report.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <string_view>

#include "measure.h"
#include "rows.h"

int main(int argc, char** argv) {
  using namespace relaysieve::bench;
  benchmark::Initialize(&argc, argv);
  if (argc == 2 && argv[1] == std::string_view("--wrong=mix")) wrong = Wrong::mix, --argc;
  if (argc == 2 && argv[1] == std::string_view("--wrong=clients")) wrong = Wrong::clients, --argc;
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  add_floor_rows();
  add_message_rows();
  add_fingerprint_rows();
  add_window_rows();
  add_filter_rows();
  add_worker_rows();
  benchmark::RunSpecifiedBenchmarks();
  Fixture::drop_all();
  return 0;
}
