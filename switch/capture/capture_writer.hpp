// SPDX-License-Identifier: Apache-2.0
// capture_writer.hpp: takes the frames of a capture out of its rings and writes them to its file.
//
// Theory of operation: the oldest record of all rings is next. A super-frame is cut and a checksum
// finished, in a copy. To a pipe no more is written at a time than it surely takes, so that a
// reader who stands still holds up nobody but himself: stop() is heard at any time, and from then
// on the reader has 'patience'. A write to a file may wait for as long as its file system does.
// A frame is written when its last byte is; those that never are, in the text or in the rings, are
// missed. Threads: one of its own; it is made by another.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "switch/capture/capture.hpp"
#include "switch/capture/captured_frame.hpp"
#include "switch/frame/frame_buffer.hpp"

namespace tapswitch {

class CaptureWriter {
 public:
  explicit CaptureWriter(Capture::Shared& capture);

  // Returns when the capture is over, with its file closed and its end told.
  void run() noexcept;

 private:
  struct Frames {
    FrameBuffer whole;
    FrameBuffer segment;
  };

  void write_all();
  void count_unwritten();
  [[nodiscard]] bool gather();
  [[nodiscard]] CaptureRing* oldest() const;
  void add(const CapturedFrame& captured);
  void add_cut(const CapturedFrame& captured);
  // A frame as it stands in the file, made of one that was captured.
  struct Piece {
    std::uint64_t number;
    std::size_t size;
    std::span<const std::byte> bytes;  // the first of it, or all
  };
  void add_piece(const CapturedFrame& captured, const Piece& piece);
  void add_interfaces();
  void add_statistics();
  [[nodiscard]] bool write_out();
  [[nodiscard]] std::int64_t write_some(std::string_view bytes);
  void count_written(std::size_t size);
  [[nodiscard]] bool wait_for_room();
  [[nodiscard]] bool is_read(std::chrono::milliseconds longest);
  void stop_unheld();
  [[nodiscard]] std::chrono::milliseconds patience_left();
  void end_stopped(std::string_view remark = {});
  void end(std::string_view why);

  // The frames that were asked for, all of them.
  [[nodiscard]] bool has_all() const noexcept {
    return capture_.options.count != 0 && count_ == capture_.options.count;
  }
  [[nodiscard]] std::chrono::nanoseconds wall_clock(std::chrono::nanoseconds steady) const {
    return steady + offset_;
  }

  Capture::Shared& capture_;
  const std::chrono::nanoseconds offset_;  // of the wall clock from the steady one
  const bool is_pipe_;
  const std::unique_ptr<Frames> frames_ = std::make_unique<Frames>();
  bool is_never_to_wait_;  // in a write to a pipe; not all kernels and pipes know that
  std::string text_;       // to be written
  // A frame ends in the text.
  struct End {
    std::size_t at;
    std::uint32_t interface;
  };
  std::vector<End> ends_;        // in order
  std::size_t ended_count_ = 0;  // of those, the ones that are written
  std::vector<std::shared_ptr<CaptureInterface>> interfaces_;
  std::vector<std::uint64_t> written_;                             // frames, by interface
  std::uint64_t count_ = 0;                                        // of frames made, written or not
  std::optional<std::chrono::steady_clock::time_point> deadline_;  // once it is stopped
  bool is_over_ = false;
};

}  // namespace tapswitch
