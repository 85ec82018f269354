// SPDX-License-Identifier: Apache-2.0
// capture_filter.hpp: which frames a capture is for, in the words of pcap-filter(7). libpcap
// compiles and runs them.
//
// Limits: the text has at most longest_text bytes. Threads: any, several at once.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

struct bpf_program;  // libpcap's

namespace tapswitch {

class CaptureFilter {
 public:
  static constexpr std::size_t longest_text = 1'024;

  // Throws std::invalid_argument with what libpcap says of the text, and of filters that go in
  // circles (protochain), for a frame could keep one busy for long. Names of hosts in it are looked
  // up, as far as the process may do that, which may take seconds.
  explicit CaptureFilter(const std::string& text);

  // Whether a frame of 'size' bytes that begins with 'bytes' is one of them.
  [[nodiscard]] bool matches(std::span<const std::byte> bytes, std::size_t size) const noexcept;

 private:
  struct Free {
    void operator()(bpf_program* program) const noexcept;
  };
  using Program = std::unique_ptr<bpf_program, Free>;

  Program program_;
};

}  // namespace tapswitch
