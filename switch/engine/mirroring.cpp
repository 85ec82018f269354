// SPDX-License-Identifier: Apache-2.0
#include "switch/engine/mirroring.hpp"

#include <bit>
#include <utility>

#include "switch/engine/walk.hpp"
#include "switch/frame/segmentation.hpp"

namespace tapswitch {
namespace {

constexpr Offload datagrams{.needs_checksum = true, .gso = GsoKind::udp};

// Filters look at the headers and may ask for more.
bool wants(const MirrorRule& rule, FrameBuffer& frame, VlanId vid) {
  if (rule.vlans && !rule.vlans->contains(vid)) {
    return false;
  }
  return !rule.filter || rule.filter(frame.make_whole(), frame.size());
}

// Whether a kernel finds the headers behind the outermost tag.
bool is_readable(const FrameBuffer& frame) {
  const auto view = FrameView::parse(frame.head());
  return view && !view->announces(TagType::vendor_9100) && !view->announces(TagType::vendor_9200);
}

AddressKind kind_of_frame(const FrameBuffer& frame) {
  return kind_of(MacAddress::read(frame.head().data()));
}

// Sends 'frame', with which nothing is left to be done but to check its length.
void send_checked(const Exit& exit, FrameBuffer& frame, FlushList& to_flush) {
  const AddressKind kind = kind_of_frame(frame);
  if (const auto reason = refuse_length(frame, exit.slot->state)) {
    return refuse(exit, kind, *reason, frame);
  }
  transmit(exit, kind, frame, to_flush);
}

// Sends the first 'size' bytes of 'frame'; 'copy' is another buffer.
void send_beginning(const Exit& exit, const FrameBuffer& frame, std::size_t size, FrameBuffer& copy,
                    FlushList& to_flush) {
  frame.copy(0, copy.space().first(size));
  copy.assign(size);
  copy.set_number(frame.number());
  send_checked(exit, copy, to_flush);
}

// Sends the segments of 'frame', each no longer than 'snap_length' if that is not 0. The length of
// a segment is that of the super-frame as refuse_length() sees it.
void send_cut(const Exit& exit, FrameBuffer& frame, std::size_t snap_length, FrameBuffer& segment,
              FlushList& to_flush) {
  const std::optional<HeaderLayout> headers = frame.headers_of_segments();
  const AddressKind kind = kind_of_frame(frame);
  const auto too_long = snap_length == 0 ? refuse_length(frame, exit.slot->state) : std::nullopt;
  if (!headers || too_long) {
    return refuse(exit, kind, too_long.value_or(DropReason::offload_invalid), frame);
  }
  const bool is_together = snap_length == 0 && is_readable(frame) &&
                           exit.slot->offloads.accepts(datagrams) &&
                           Segmenter::gives_datagrams(frame);
  Segmenter segments(frame, *headers);
  while (is_together ? segments.next_datagrams(segment) : segments.next(segment)) {
    if (snap_length != 0 && segment.size() > snap_length) {
      segment.cut_off(snap_length);
    }
    transmit(exit, kind, segment, to_flush);
  }
}

}  // namespace

void Mirroring::lay(Picture& picture, std::shared_ptr<const MirrorRules> rules,
                    std::shared_ptr<MirrorBuffers> buffers) {
  picture.mirrors = rules;
  if (rules == nullptr || rules->empty()) {
    return;
  }
  const std::shared_ptr<Mirroring> made(new Mirroring(std::move(rules), std::move(buffers)));
  made->enter_destinations(picture);
  made->enter_sources(picture);
  picture.mirroring = made;
}

void Mirroring::enter_destinations(Picture& picture) {
  for (std::size_t i = 0; i < rules_->size(); ++i) {
    const MirrorRule& rule = (*rules_)[i];
    Mirror mirror{.rule = &rule};
    if (picture.has(rule.to)) {
      Picture::Slot& slot = picture.slots[to_size(rule.to)];
      slot.mirroring = this;
      slot.is_mirrored_to = true;
      slot.is_watched = true;
      mirror.to = &slot;
    }
    std::size_t first = 0;  // of those with this destination
    while ((*rules_)[first].to != rule.to) {
      ++first;
    }
    mirror.mark = std::uint32_t{1} << first;
    mirrors_.push_back(mirror);
  }
}

void Mirroring::enter_sources(Picture& picture) const {
  for (std::size_t i = 0; i < picture.slots.size(); ++i) {
    Picture::Slot& slot = picture.slots[i];
    if (slot.port == nullptr || slot.is_mirrored_to) {
      continue;
    }
    for (std::size_t m = 0; m < mirrors_.size(); ++m) {
      const MirrorRule& rule = *mirrors_[m].rule;
      if (mirrors_[m].to == nullptr || !(rule.is_of_all || rule.from.test(i))) {
        continue;
      }
      const std::uint32_t bit = std::uint32_t{1} << m;
      slot.mirrors_in |= rule.directions.in ? bit : 0;
      slot.mirrors_out |= rule.directions.out ? bit : 0;
      slot.mirroring = this;
      slot.is_watched = true;
    }
  }
}

template <typename Take>
void Mirroring::for_each_wanting(std::uint32_t mirrors, FrameBuffer& frame, VlanId vid,
                                 Take take) const {
  for (std::uint32_t left = mirrors; left != 0; left &= left - 1) {
    const Mirror& mirror = mirrors_[static_cast<std::size_t>(std::countr_zero(left))];
    const std::uint32_t marks = frame.mirrored_to();
    if ((marks & mirror.mark) != 0 || !wants(*mirror.rule, frame, vid)) {
      continue;
    }
    frame.set_mirrored_to(marks | mirror.mark);
    take(mirror);
  }
}

void Mirroring::copy(std::uint32_t mirrors, std::uint32_t worker, FrameBuffer& frame, VlanId vid,
                     FlushList& to_flush) const noexcept {
  for_each_wanting(mirrors, frame, vid, [&](const Mirror& mirror) {
    const Exit exit{.slot = mirror.to, .worker = worker, .vid = vid};
    send(mirror, exit, frame, *(*buffers_)[worker], to_flush);
  });
}

std::vector<PortIndex> Mirroring::destinations(std::uint32_t mirrors, FrameBuffer& frame,
                                               VlanId vid) const {
  std::vector<PortIndex> found;
  for_each_wanting(mirrors, frame, vid,
                   [&](const Mirror& mirror) { found.push_back(mirror.rule->to); });
  return found;
}

void Mirroring::copy_whole(std::uint32_t mirrors, std::uint32_t worker, FrameBuffer& frame,
                           VlanId vid, FlushList& to_flush) const noexcept {
  copy(mirrors, worker, frame, vid, to_flush);
  for (std::uint32_t left = mirrors; left != 0; left &= left - 1) {
    const Mirror& mirror = mirrors_[static_cast<std::size_t>(std::countr_zero(left))];
    frame.set_mirrored_to(frame.mirrored_to() | mirror.mark);
  }
}

// A checksum that is finished in place is right for whoever the frame goes to next.
void Mirroring::send(const Mirror& mirror, const Exit& exit, FrameBuffer& frame, FrameBuffer& copy,
                     FlushList& to_flush) noexcept {
  const std::size_t snap_length = mirror.rule->snap_length;
  const Picture::Slot& slot = *mirror.to;
  if (slot.state.link >= PortLink::no_carrier) {
    return refuse(exit, kind_of_frame(frame), DropReason::link_down, frame);
  }
  const bool is_cut_off = snap_length != 0 && frame.size() > snap_length;
  const Offload& offload = frame.offload();
  if (!offload.is_plain() &&
      (is_cut_off || !slot.offloads.accepts(offload) || !is_readable(frame))) {
    if (offload.gso != GsoKind::none) {
      return send_cut(exit, frame, snap_length, copy, to_flush);
    }
    frame.finish_checksum();
  }
  if (is_cut_off) {
    send_beginning(exit, frame, snap_length, copy, to_flush);
  } else {
    send_checked(exit, frame, to_flush);
  }
}

}  // namespace tapswitch
