// SPDX-License-Identifier: Apache-2.0
// tap_device.hpp: an open /dev/net/tun with a TAP attached, and what its ioctls say and do. Where
// the TAP comes from and how its interface is configured is told by tap_port.hpp.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "switch/frame/offload.hpp"
#include "switch/ports/kernel_error.hpp"
#include "switch/ports/unique_fd.hpp"

namespace tapswitch {

// How frames stand on the descriptor: as they are, or each behind a virtio-net header.
enum class TapFraming : std::uint8_t { bare, vnet_header };

class TapDevice {
 public:
  // Creates a TAP in the namespace of the calling thread. A '%d' in 'name' becomes a number. EBUSY
  // if there is an interface of that name. A kernel without virtio-net headers makes it bare.
  [[nodiscard]] static KernelResult<TapDevice> create(const std::string& name, TapFraming framing);

  // Attaches to the TAP 'name', which exists in the namespace of the calling thread. EBUSY if
  // another descriptor is attached to it, EINVAL if it is no TAP or one of several queues.
  [[nodiscard]] static KernelResult<TapDevice> adopt(const std::string& name, TapFraming framing);

  [[nodiscard]] int descriptor() const noexcept { return fd_.get(); }
  [[nodiscard]] TapFraming framing() const noexcept { return framing_; }

  // The name of the interface now. EBADFD if the interface is gone.
  [[nodiscard]] KernelResult<std::string> name() const;

  // The namespace the interface is in now. EBADFD if it is gone; another error if this kernel
  // (before 5.2) or this process cannot ask.
  [[nodiscard]] KernelResult<UniqueFd> name_space() const;

  // Lets the interface leave to the reader of the descriptor what is in 'wanted', as far as this
  // kernel knows it and the framing can tell it; returns what that is.
  [[nodiscard]] OffloadSet set_offloads(const OffloadSet& wanted);

  [[nodiscard]] KernelResult<void> set_persist(bool persist);
  [[nodiscard]] KernelResult<void> set_owner(uid_t owner);
  [[nodiscard]] KernelResult<void> set_group(gid_t group);

 private:
  TapDevice(UniqueFd fd, TapFraming framing) : fd_(std::move(fd)), framing_(framing) {}

  [[nodiscard]] static KernelResult<TapDevice> attach(const std::string& name, TapFraming framing,
                                                      int more_flags);
  [[nodiscard]] KernelResult<void> set_header();
  [[nodiscard]] std::string object() const;

  UniqueFd fd_;
  TapFraming framing_;
};

}  // namespace tapswitch
