// SPDX-License-Identifier: Apache-2.0
#include "switch/engine/held_frame.hpp"

#include <utility>

namespace tapswitch {

void HeldFrame::take(const Exit& exit, AddressKind kind, FrameBuffer& frame) {
  if (exit_ == exit && joiner_.append(frame)) {
    return;
  }
  release();
  if (!joiner_.begin(frame)) {
    transmit(exit, kind, frame, to_flush_);
    return;
  }
  exit_ = exit;
  kind_ = kind;
}

void HeldFrame::release() {
  if (const Exit exit = std::exchange(exit_, Exit{}); exit.slot != nullptr) {
    transmit(exit, kind_, joiner_.finish(), to_flush_);
  }
}

}  // namespace tapswitch
