// SPDX-License-Identifier: Apache-2.0
// vxlan_fuzz.cpp: no datagram, whatever its bytes, upsets what takes a frame out of it; and what is
// then said to be left unfinished of the frame is so. The first byte is the class of the datagram,
// the second has a share in what is said of the way.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "switch/frame/frame_buffer.hpp"
#include "switch/frame/octets.hpp"
#include "switch/frame/segmentation.hpp"
#include "switch/ports/vxlan/flow_hash.hpp"
#include "switch/ports/vxlan/inner_frame.hpp"
#include "switch/ports/vxlan/vxlan_header.hpp"

namespace {

using namespace tapswitch;

void require(bool condition) {
  if (!condition) {
    std::abort();
  }
}

void check(std::uint8_t outer_class, std::uint32_t mtu, std::span<const std::byte> datagram) {
  static FrameBuffer frame;
  static FrameBuffer segment;
  const auto vni = read_vxlan_header(datagram);
  require(!vni || (*vni <= most_vni && datagram.size() >= vxlan_header_size));
  if (!vni) {
    return;
  }
  const auto inside = datagram.subspan(vxlan_header_size);
  copy_octets(inside, frame.space().data());
  frame.assign(inside.size());
  frame.find_layout();
  find_unfinished(frame, mtu);
  take_in_marks(frame, outer_class);
  require(frame.size() == inside.size());
  (void)service_class(frame);
  if (frame.size() >= FrameView::header_size) {
    (void)flow_hash(frame);
  }
  // As the switch does with whatever a port says.
  if (frame.offload().is_plain() || !frame.check_offload()) {
    return;
  }
  if (frame.offload().gso == GsoKind::none) {
    frame.finish_checksum();
    require(frame.offload().is_plain());
    return;
  }
  const auto headers = frame.headers_of_segments();
  require(headers.has_value());
  Segmenter segments(frame, *headers);
  while (segments.next(segment)) {
    require(segment.size() <= frame.size());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size >= 2 && size - 2 <= FrameBuffer::max_frame_size) {
    check(data[0], data[1] * 16U, std::as_bytes(std::span(data + 2, size - 2)));
  }
  return 0;
}
