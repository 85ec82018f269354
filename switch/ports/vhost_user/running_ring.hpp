// SPDX-License-Identifier: Apache-2.0
// running_ring.hpp: a ring while it runs, with what was agreed about it.
#pragma once

#include <sys/eventfd.h>

#include <cstddef>
#include <memory>

#include "switch/frame/offload.hpp"
#include "switch/ports/vhost_user/split_ring.hpp"
#include "switch/system/unique_fd.hpp"

namespace tapswitch {

// struct virtio_net_hdr_v1; without its last word, the count of buffers, for drivers before virtio
// 1.0 that do not merge buffers.
constexpr std::size_t virtio_net_header_size = 12;

struct RunningRing {
  SplitRing ring;
  std::shared_ptr<const UniqueFd> call;  // an eventfd; null: the guest is never called
  std::size_t header_size = virtio_net_header_size;
  bool merges_buffers = false;  // a frame may take several chains
  OffloadSet offloads;          // that the guest finishes
};

}  // namespace tapswitch
