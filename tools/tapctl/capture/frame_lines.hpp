// SPDX-License-Identifier: Apache-2.0
// frame_lines.hpp: reads a capture as the daemon writes it and makes a line of each frame.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/tapctl/capture/capture_blocks.hpp"

namespace tapswitch::tapctl {

class FrameLines {
 public:
  // Returns the lines of what has come; from where the capture is broken there are none.
  [[nodiscard]] std::string lines_of(std::string_view bytes);

 private:
  void take_interface(std::string_view block);
  [[nodiscard]] std::string line_of_packet(std::string_view block) const;

  CaptureBlocks blocks_;
  std::vector<std::string> interfaces_;  // their names, in order
};

// Returns what a frame of 'size' bytes says of itself, as far as 'bytes' reach:
// "02:00:00:00:00:01 > ff:ff:ff:ff:ff:ff vlan 10 ARP, 60 bytes".
[[nodiscard]] std::string describe_frame(std::span<const std::byte> bytes, std::size_t size);

}  // namespace tapswitch::tapctl
