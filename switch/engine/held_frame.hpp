// SPDX-License-Identifier: Apache-2.0
// held_frame.hpp: a frame on its way out, held back while those received with it may continue it.
//
// A port without segmentation offload brings a TCP stream as many small segments. Towards a port
// that takes super-frames they leave as one: one transmission instead of a dozen, and one pass
// through the receiver's protocols. No frame overtakes another: whatever is not appended to what is
// held goes behind it, and the worker releases it before it receives again.
#pragma once

#include "switch/engine/transmit.hpp"
#include "switch/frame/frame_buffer.hpp"
#include "switch/frame/joining.hpp"

namespace tapswitch {

class HeldFrame {
 public:
  explicit HeldFrame(FlushList& to_flush) : to_flush_(to_flush) {}

  // 'frame' leaves by 'exit', now or, if others may continue it, with release(), until when it must
  // stay where it is.
  void take(const Exit& exit, AddressKind kind, FrameBuffer& frame);

  // Sends what is held, if anything is.
  void release();

 private:
  FlushList& to_flush_;
  Joiner joiner_;  // has the frame
  Exit exit_;      // by which it is to leave; without a slot: nothing is held
  AddressKind kind_{};
};

}  // namespace tapswitch
