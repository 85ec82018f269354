// SPDX-License-Identifier: Apache-2.0
// frame_lines.hpp: reads a capture as the daemon writes it, pcapng in the byte order of the
// machine, and makes a line of each frame.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tapswitch::tapctl {

class FrameLines {
 public:
  // Returns the lines of what has come; from where the capture is broken there are none.
  [[nodiscard]] std::string lines_of(std::string_view bytes);

 private:
  // Returns the size of the block that stands in what is unread; 0: it is not whole.
  [[nodiscard]] std::size_t block_size_at(std::size_t begin);
  void take_interface(std::string_view block);
  [[nodiscard]] std::string line_of_packet(std::string_view block) const;

  std::string unread_;
  std::vector<std::string> interfaces_;  // their names, in order
  bool is_broken_ = false;
};

// Returns what a frame of 'size' bytes says of itself, as far as 'bytes' reach:
// "02:00:00:00:00:01 > ff:ff:ff:ff:ff:ff vlan 10 ARP, 60 bytes".
[[nodiscard]] std::string describe_frame(std::span<const std::byte> bytes, std::size_t size);

}  // namespace tapswitch::tapctl
