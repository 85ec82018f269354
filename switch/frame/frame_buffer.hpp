// SPDX-License-Identifier: Apache-2.0
// frame_buffer.hpp: the memory one frame travels in, from the port that received it to those that
// send it. A worker owns one and uses it for frame after frame.
//
// Theory of operation: the frame starts 'headroom' bytes into the memory, so that a tag can be put
// in front of it (and a port can prepend its own framing) by moving twelve bytes instead of the
// whole frame.
// A frame has a head, which lies in this memory, and may have a body behind it, which a port lends:
// it stays in the memory of a guest, in pieces, until the port is given it back
// (Port::give_back()). All that is decided by, edited or read twice is in the head, for a guest may
// write to its memory at any moment. Most frames have no body: the head is all of them, they are
// whole. With the frame goes what its sender left to be finished (offload.hpp) and where its
// headers lie (layout.hpp); editing a tag keeps both true. Limits: a port must report a frame of
// more than 'max_frame_size' bytes as oversize. A tag that is put on may make a frame longer than
// that; such a frame is_oversize(), and no port may be given it. A body has at most 'most_parts'
// parts: a frame in more is copied.
#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "switch/frame/frame_view.hpp"
#include "switch/frame/layout.hpp"
#include "switch/frame/octets.hpp"
#include "switch/frame/offload.hpp"
#include "switch/frame/tunnel.hpp"
#include "switch/frame/vlan_tag.hpp"

namespace tapswitch {

class FrameBuffer {
 public:
  // A piece of a frame in memory that somebody lends.
  using Part = std::span<const std::byte>;

  // Room for a tag and for the framing of a port (4 bytes for QEMU, 24 for a virtio-net header).
  static constexpr std::size_t headroom = 64;
  // 64 KiB of payload, as the largest super-frame has it, with its header and two tags.
  static constexpr std::size_t max_frame_size = 65'536 + FrameView::header_size + 2 * VlanTag::size;

  // How much of a frame that is lent is copied at once: the headers that most frames have.
  static constexpr std::size_t lent_head_size = 256;
  // Linux gives a super-frame of TCP in up to 18 pieces.
  static constexpr std::size_t most_parts = 24;

  // Returns where a port puts the frame it receives, behind 'prefix' bytes of the port's own
  // framing. One byte larger than these and the largest frame, so that a frame which fills it was
  // too long.
  [[nodiscard]] std::span<std::byte> space(std::size_t prefix = 0) {
    assert(prefix <= headroom);
    return std::span(memory_).subspan(headroom - prefix);
  }

  // Says that the first 'size' bytes of space() are now the frame.
  void assign(std::size_t size, const Offload& offload = {}) {
    assert(size <= max_frame_size);
    begin_ = headroom;
    size_ = size;
    body_size_ = 0;
    part_count_ = 0;
    number_ = 0;
    mirrored_to_ = 0;
    offload_ = offload;
    layout_ = Layout();
  }

  // Makes the bytes of 'parts', one behind the other, the frame: the first of them are copied, and
  // all if they are few, the others borrowed. False: they are too many for a frame.
  [[nodiscard]] bool borrow(std::span<const Part> parts, const Offload& offload = {});

  // Finds the headers, once for the whole way of the frame. The head has them all afterwards.
  void find_layout() {
    layout_ = Layout::find(head());
    if (is_lent() && !layout_.headers()) [[unlikely]] {
      find_layout_further_on();
    }
  }

  // The same where the outermost tag is of a vendor's type, as the rule of a port says.
  void find_layout_behind_vendor_tag() { layout_ = Layout::find_behind_vendor_tag(head()); }

  // How long the frame is, its body with it.
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::span<const std::byte> head() const {
    return std::span(memory_).subspan(begin_, size_ - body_size_);
  }
  // Returns what stands behind the head, piece by piece; nothing if the frame is whole.
  [[nodiscard]] std::span<const Part> body() const { return std::span(parts_).first(part_count_); }
  [[nodiscard]] bool is_lent() const { return body_size_ != 0; }

  // Copies the bytes of the frame from 'offset' on, as many as 'to' has room for. Requires: there
  // are so many.
  void copy(std::size_t offset, std::span<std::byte> to) const;

  // Copies the body behind the head, if there is one, and returns the frame in one piece, for what
  // is finished in place.
  std::span<std::byte> make_whole() {
    if (is_lent()) [[unlikely]] {
      lengthen_head(size_);
    }
    return std::span(memory_).subspan(begin_, size_);
  }

  [[nodiscard]] const Offload& offload() const { return offload_; }

  // Whether the offload tells the truth about the frame. What the virtio-net header had no words
  // for is told by it afterwards: that a super-frame lies in a tunnel, or that its checksums are
  // there and each segment needs one of its own; an unfinished checksum that is the first segment's
  // becomes that of the whole (joined_unseen.hpp). A super-frame of one segment becomes a frame
  // with an unfinished checksum: the kernel takes no other from us. Requires: find_layout() was
  // called.
  [[nodiscard]] bool check_offload();

  // Returns where the headers lie that each segment of a super-frame is to have.
  [[nodiscard]] std::optional<HeaderLayout> headers_of_segments() const {
    return offload_.is_tunnelled() ? tunnel_.inner_behind(layout_.network()) : layout_.headers();
  }

  // Requires: offload().is_tunnelled().
  [[nodiscard]] const Tunnel& tunnel() const { return tunnel_; }

  // Returns the size of the largest frame that leaves of it: of itself, or of the segments.
  [[nodiscard]] std::size_t wire_size() const {
    return offload_.gso == GsoKind::none
               ? size_
               : tapswitch::wire_size(size_, headers_of_segments(), offload_);
  }

  // Returns how many frames leave of it if it is cut; where its headers are not found, how many do
  // at most.
  [[nodiscard]] std::size_t wire_count() const;

  // The number by which those who look at frames know the copies of one: given by who looks first;
  // 0: nobody has yet. A super-frame has one for each frame that is cut of it, and this is the
  // first.
  [[nodiscard]] std::uint64_t number() const { return number_; }
  // Gives it one, as an observer may too, who only looks: it is no part of the frame.
  void set_number(std::uint64_t number) const { number_ = number; }

  // To which destinations of mirrors it has been copied, a bit for each as its switch numbers them.
  [[nodiscard]] std::uint32_t mirrored_to() const { return mirrored_to_; }
  void set_mirrored_to(std::uint32_t marks) { mirrored_to_ = marks; }

  // Without any header until find_layout() was called.
  [[nodiscard]] const Layout& layout() const { return layout_; }

  [[nodiscard]] bool is_oversize() const { return size_ > max_frame_size; }
  [[nodiscard]] bool has_room_for(std::size_t size) const {
    return !is_oversize() && size <= max_frame_size - size_;
  }

  // Makes the frame longer, or leaves more of it unfinished. Requires: it is whole, and
  // has_room_for() them.
  void append(std::span<const std::byte> bytes) {
    assert(!is_lent() && has_room_for(bytes.size()));
    copy_octets(bytes, memory_.data() + begin_ + size_);
    size_ += bytes.size();
  }
  void set_offload(const Offload& offload) { offload_ = offload; }

  // Fills the frame up with zeros to 'size' bytes, or takes what is behind as many off it.
  // Requires: it is shorter; longer.
  void pad(std::size_t size);
  void cut_off(std::size_t size) {
    assert(!is_lent() && size <= size_);
    size_ = size;
  }

  // Finishes the checksum, if that was left to others.
  void finish_checksum();

  // The 'size' bytes in front of the head, for the framing of a port.
  [[nodiscard]] std::span<std::byte> prefix(std::size_t size) {
    assert(size <= begin_);
    return std::span(memory_).subspan(begin_ - size, size);
  }

  // Puts 'tag' in front of the EtherType. The frame must be at least a header long.
  void push_tag(VlanTag tag);

  // Takes the outermost tag off. The frame must have one.
  void pop_tag();

  // Gives the outermost tag other contents. The frame must have one.
  void set_tag(VlanTag tag);

 private:
  void find_layout_further_on();
  [[nodiscard]] bool complete_offload();
  [[nodiscard]] std::span<std::byte> editable_head() {
    return std::span(memory_).subspan(begin_, size_ - body_size_);
  }
  void lengthen_head(std::size_t size) { take_in(body(), size); }
  void take_in(std::span<const Part> parts, std::size_t size);

  std::array<std::byte, headroom + max_frame_size + 1> memory_;
  std::size_t begin_ = headroom;
  std::size_t size_ = 0;
  std::size_t body_size_ = 0;
  std::size_t part_count_ = 0;
  mutable std::uint64_t number_ = 0;
  std::uint32_t mirrored_to_ = 0;
  Offload offload_;
  Layout layout_;
  Tunnel tunnel_;
  std::array<Part, most_parts> parts_;  // the body is the first 'part_count_'
};

}  // namespace tapswitch
