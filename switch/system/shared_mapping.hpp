// SPDX-License-Identifier: Apache-2.0
// shared_mapping.hpp: memory that a stranger shares with us by a descriptor: mapped for as long as
// this lives, so that nothing which he does with the file upsets the process.
//
// Theory of operation: only files of memory are mapped (memfd, tmpfs, hugetlbfs), for to touch a
// page of any other may wait for a stranger's file system. Who has the file can shorten it, and its
// file system can be full; then to touch a page raises SIGBUS, wherever in the process that is. The
// handler of this file puts empty memory in the place of the whole mapping and has the instruction
// go on: the mapping is_lost(), what is read there is zero, what is written is nobody's (ADR 100).
// Limits: 'most' mappings in the process; max_size bytes each, max_total in all. Threads: any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "switch/system/kernel_error.hpp"

namespace tapswitch {

class SharedMapping {
 public:
  static constexpr std::size_t most = 4'096;
  static constexpr std::uint64_t max_size = std::uint64_t{1} << 40;
  static constexpr std::uint64_t max_total = std::uint64_t{1} << 45;

  // Maps 'size' bytes from 'offset' of the file on, which need not be at a page. When the mapping
  // is lost the eventfd 'bell' is written to, which must outlive it.
  [[nodiscard]] static KernelResult<SharedMapping> map(int file, std::uint64_t offset,
                                                       std::uint64_t size, int bell);

  SharedMapping() = default;
  SharedMapping(const SharedMapping&) = delete;
  SharedMapping& operator=(const SharedMapping&) = delete;
  SharedMapping(SharedMapping&& other) noexcept;
  SharedMapping& operator=(SharedMapping&& other) noexcept;
  ~SharedMapping();

  [[nodiscard]] std::span<std::byte> bytes() const noexcept { return bytes_; }
  [[nodiscard]] bool is_lost() const noexcept;

 private:
  SharedMapping(std::size_t slot, std::span<std::byte> bytes) : slot_(slot), bytes_(bytes) {}

  std::size_t slot_ = most;  // most: nothing is mapped
  std::span<std::byte> bytes_;
};

}  // namespace tapswitch
