// SPDX-License-Identifier: Apache-2.0
// egress_tag.hpp: gives a frame the tag that the port it leaves by wants [802.1Q 8.6.6, 6.9.2].
//
// A flooded frame leaves by many ports, some tagged and some not. The one copy of it is edited in
// place, back and forth, and only when the next port wants it otherwise than the last one did.
#pragma once

#include "switch/forwarding/decide.hpp"
#include "switch/frame/frame_buffer.hpp"

namespace tapswitch {

class EgressTag {
 public:
  EgressTag(FrameBuffer& frame, const Classification& classification)
      : frame_(frame),
        tag_(classification.tag),
        is_tagged_(classification.has_tag),
        is_final_(!classification.has_tag) {}

  // Makes the frame tagged with its VLAN.
  void put_on() {
    if (!is_tagged_) {
      frame_.push_tag(tag_);
      is_tagged_ = true;
      is_final_ = true;
    } else if (!is_final_) {
      // The tag it came with may be a priority tag, which names no VLAN.
      frame_.set_tag(tag_);
      is_final_ = true;
    }
  }

  // Makes the frame untagged.
  void take_off() {
    if (is_tagged_) {
      frame_.pop_tag();
      is_tagged_ = false;
    }
  }

 private:
  FrameBuffer& frame_;
  VlanTag tag_;
  bool is_tagged_;
  bool is_final_;  // the tag it wears, if any, is 'tag_'
};

}  // namespace tapswitch
