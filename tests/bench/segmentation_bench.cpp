// SPDX-License-Identifier: Apache-2.0
// segmentation_bench.cpp: measures what it costs to finish what another port would have taken
// unfinished: a checksum, or the cutting of a super-frame; and to see whether a virtio-net header
// is true.
#include <cstddef>
#include <cstring>
#include <memory>
#include <vector>

#include <benchmark/benchmark.h>

#include "switch/frame/checksum.hpp"
#include "switch/frame/segmentation.hpp"
#include "tests/support/frame_builder.hpp"
#include "tests/support/super_frame.hpp"

namespace tapswitch {
namespace {

using test::SuperFrame;

// As Linux sends over IPv4 with timestamps at an MTU of 1,500: 45 segments.
constexpr std::size_t largest_payload = 45UL * 1'448;

SuperFrame largest_super_frame(TransportKind kind = TransportKind::tcp) {
  return test::build(
      {.kind = kind, .tcp_option_size = 12, .payload = test::noise(largest_payload)});
}

void set_bytes(benchmark::State& state, std::size_t size) {
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(size));
}

void checksum(benchmark::State& state) {
  const auto bytes = test::noise(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    ChecksumSum sum;
    sum.add(bytes);
    benchmark::DoNotOptimize(sum.folded());
  }
  set_bytes(state, bytes.size());
}
BENCHMARK(checksum)->Arg(20)->Arg(64)->Arg(1'480)->Arg(65'160);

void finish(benchmark::State& state) {
  SuperFrame frame = test::without_segmentation(largest_super_frame());
  for (auto _ : state) {
    Offload offload = frame.offload;
    finish_checksum(frame.bytes, offload);
    benchmark::DoNotOptimize(frame.bytes.data());
  }
  set_bytes(state, frame.bytes.size());
}
BENCHMARK(finish);

void cut(benchmark::State& state, TransportKind kind) {
  const SuperFrame frame = largest_super_frame(kind);
  const auto super_frame = std::make_unique<FrameBuffer>();
  test::fill(*super_frame, frame.bytes, frame.offload);
  const auto buffer = std::make_unique<FrameBuffer>();
  for (auto _ : state) {
    Segmenter segmenter(*super_frame, frame.headers);
    while (segmenter.next(*buffer)) {
      benchmark::DoNotOptimize(buffer->head().data());
      benchmark::ClobberMemory();
    }
  }
  set_bytes(state, frame.bytes.size());
}

void cut_tcp_into_45(benchmark::State& state) { cut(state, TransportKind::tcp); }
BENCHMARK(cut_tcp_into_45);

void cut_udp_into_45(benchmark::State& state) { cut(state, TransportKind::udp); }
BENCHMARK(cut_udp_into_45);

// The least that cutting costs: to copy the same bytes in as many pieces.
void copy_in_45_pieces(benchmark::State& state) {
  constexpr std::size_t piece_size = 1'514;
  const auto bytes = test::noise(45 * piece_size);
  std::vector<std::byte> piece(piece_size);
  for (auto _ : state) {
    for (std::size_t at = 0; at < bytes.size(); at += piece_size) {
      std::memcpy(piece.data(), bytes.data() + at, piece_size);
      benchmark::DoNotOptimize(piece.data());
      benchmark::ClobberMemory();
    }
  }
  set_bytes(state, bytes.size());
}
BENCHMARK(copy_in_45_pieces);

// Measures what each frame pays that passes between two ports which share the offload.
void check_truth(benchmark::State& state) {
  SuperFrame frame = largest_super_frame();
  if (state.range(0) == 0) {
    frame = test::without_segmentation(frame);
  }
  for (auto _ : state) {
    benchmark::DoNotOptimize(frame.bytes.data());
    benchmark::DoNotOptimize(test::is_consistent(frame.bytes, frame.offload));
  }
}
BENCHMARK(check_truth)->ArgName("super_frame")->Arg(0)->Arg(1);

}  // namespace
}  // namespace tapswitch
