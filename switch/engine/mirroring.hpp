// SPDX-License-Identifier: Apache-2.0
// mirroring.hpp: copies frames of some ports of a switch to others of it (SPAN).
//
// Theory of operation: a mirror names the frames that it is for, and the port that gets a copy of
// each, its destination. What a port receives is copied as it came in, as soon as its VLAN is known
// and whatever becomes of it; what a port sends is copied as it leaves, tag and all. A frame goes
// to a destination once: it remembers where it was copied to (FrameBuffer::mirrored_to()), and its
// segments do. The destination finishes by itself what its offloads say; the rest is finished or
// cut for it, as for any other port. It sends nothing in, and belongs to no VLAN. A picture has
// what its switch copies; ports with which no mirror has to do are not asked anything for that.
// Threads: any worker, with buffers of its own. Nothing of it blocks or allocates.
// Limits: max_mirrors a switch. A frame that is under way while mirrors change may be copied by
// those before and by those after.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "switch/engine/direction.hpp"
#include "switch/engine/picture.hpp"
#include "switch/engine/transmit.hpp"
#include "switch/forwarding/port_index.hpp"
#include "switch/forwarding/vlan_set.hpp"
#include "switch/frame/frame_buffer.hpp"

namespace tapswitch {

constexpr std::size_t max_mirrors = 32;

// A rule says what one mirror copies, and where to.
struct MirrorRule {
  // Whether a frame of that size which begins so is one of them.
  using Filter = std::function<bool(std::span<const std::byte>, std::size_t)>;

  PortIndex to{};
  bool is_of_all = false;            // ports, also those to come; but for destinations
  std::bitset<max_ports> from = {};  // else those
  std::optional<VlanSet> vlans = {};
  Directions directions = {};
  std::size_t snap_length = 0;  // how much of each frame is copied; 0: all
  Filter filter = {};           // null: all frames
};

using MirrorRules = std::vector<MirrorRule>;

// One a worker, for copies that differ from the frame.
using MirrorBuffers = std::vector<std::unique_ptr<FrameBuffer>>;

class Mirroring {
 public:
  // Has the mirrors of 'rules' in 'picture', as far as it has their destinations. Requires: the
  // picture has its slots, and owns what is made.
  static void lay(Picture& picture, std::shared_ptr<const MirrorRules> rules,
                  std::shared_ptr<MirrorBuffers> buffers);

  // Copies 'frame', which belongs to VLAN 'vid' or to none (no_vlan), by those of 'mirrors' that
  // want it, but to no destination a second time. May finish its checksum.
  void copy(std::uint32_t mirrors, std::uint32_t worker, FrameBuffer& frame, VlanId vid,
            FlushList& to_flush) const noexcept;

  // The same for a super-frame that is going to be cut, after which none of these mirrors wants its
  // segments.
  void copy_whole(std::uint32_t mirrors, std::uint32_t worker, FrameBuffer& frame, VlanId vid,
                  FlushList& to_flush) const noexcept;

  // Returns where copy() would send copies of 'frame', and marks it as that does.
  [[nodiscard]] std::vector<PortIndex> destinations(std::uint32_t mirrors, FrameBuffer& frame,
                                                    VlanId vid) const;

 private:
  Mirroring(std::shared_ptr<const MirrorRules> rules, std::shared_ptr<MirrorBuffers> buffers)
      : rules_(std::move(rules)), buffers_(std::move(buffers)) {}

  // One that the picture has.
  struct Mirror {
    const Picture::Slot* to = nullptr;  // null: its destination is not there
    std::uint32_t mark = 0;             // of frames that were copied there
    const MirrorRule* rule = nullptr;
  };

  // Calls 'take' with each of 'mirrors' that wants 'frame', unless that was copied to its
  // destination.
  template <typename Take>
  void for_each_wanting(std::uint32_t mirrors, FrameBuffer& frame, VlanId vid, Take take) const;
  void enter_destinations(Picture& picture);
  void enter_sources(Picture& picture) const;
  static void send(const Mirror& mirror, const Exit& exit, FrameBuffer& frame, FrameBuffer& copy,
                   FlushList& to_flush) noexcept;

  const std::shared_ptr<const MirrorRules> rules_;
  const std::shared_ptr<MirrorBuffers> buffers_;
  std::vector<Mirror> mirrors_;  // in the order of the rules
};

}  // namespace tapswitch
