// SPDX-License-Identifier: Apache-2.0
// capture_ring.hpp: records on their way from a worker to the thread that writes them down.
//
// Theory of operation: a ring of bytes. A record lies in it in one piece, behind its length; where
// the end of the memory is too near, the length says that the next record begins at the front.
// Neither side waits for the other. Threads: one puts records in, one takes them out.
// Limits: the records that wait have 'capacity' bytes in all, with record_cost each; what has no
// room is refused.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace tapswitch {

class CaptureRing {
 public:
  // A record costs so much beside its bytes, at most.
  static constexpr std::size_t record_cost = 16;

  // 'capacity' is a multiple of eight.
  explicit CaptureRing(std::size_t capacity);

  // Returns room for a record of 'size' bytes, aligned for 8; empty if there is none.
  [[nodiscard]] std::span<std::byte> reserve(std::size_t size) noexcept;
  // Puts in what was written to the room that reserve() gave last.
  void commit() noexcept;

  // Returns the oldest record; empty if there is none. It stays until pop().
  [[nodiscard]] std::span<const std::byte> front() noexcept;
  void pop() noexcept;

 private:
  using Length = std::uint64_t;
  static constexpr Length wraps = ~Length{0};

  [[nodiscard]] static std::size_t rounded(std::size_t size) noexcept { return (size + 7) & ~7UL; }
  void write_length(std::uint64_t position, Length length) noexcept;
  [[nodiscard]] Length read_length(std::uint64_t position) const noexcept;

  const std::size_t capacity_;
  const std::unique_ptr<std::byte[]> memory_;
  // Positions count all bytes since the beginning.
  alignas(64) std::atomic<std::uint64_t> written_ = 0;
  std::uint64_t next_written_ = 0;  // by commit()
  std::uint64_t known_read_ = 0;    // at the writer's last look
  alignas(64) std::atomic<std::uint64_t> read_ = 0;
};

}  // namespace tapswitch
