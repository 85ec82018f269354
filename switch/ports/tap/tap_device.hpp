// SPDX-License-Identifier: Apache-2.0
// tap_device.hpp: an open TAP: its descriptors of /dev/net/tun, and what their ioctls say and do.
// Where the TAP comes from and how its interface is configured is told by tap_port.hpp.
//
// Theory of operation: a TAP with several queues has a descriptor for each. The kernel spreads what
// it hands us over the queues by flow, but lets a flow follow us to the queue we last answered it
// by, past frames that still wait in another. So we answer by one more descriptor whose queue is
// detached: no flow ever moves, and none overtakes itself.
// The virtio-net header has 24 bytes on every kernel: it cannot become longer under those who read,
// and behind a shorter one every frame is lost once Linux 6.17 has granted offloads for tunnels.
// Limits: max_queues.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "switch/frame/mac_address.hpp"
#include "switch/frame/offload.hpp"
#include "switch/system/kernel_error.hpp"
#include "switch/system/unique_fd.hpp"

namespace tapswitch {

// How frames stand on the descriptor: as they are, or each behind a virtio-net header, which has 10
// bytes only if an earlier version has opened the TAP.
enum class TapFraming : std::uint8_t { bare, short_header, long_header };

class TapDevice {
 public:
  static constexpr std::size_t max_queues = 64;

  // How the descriptors are attached. A TAP can be made for one queue only, or for several, of
  // which then any number may be attached.
  struct Mode {
    bool has_header = true;
    bool is_multi_queue = false;
    std::size_t queues = 1;  // 1 unless is_multi_queue
  };

  // Creates a TAP in the namespace of the calling thread. A '%d' in 'name' becomes a number. EBUSY
  // if there is an interface of that name. A kernel without virtio-net headers makes it bare.
  [[nodiscard]] static KernelResult<TapDevice> create(const std::string& name, const Mode& mode);

  // Attaches to the TAP 'name', which exists in the namespace of the calling thread. EBUSY if it
  // has one queue and another descriptor is attached to it, EINVAL if it is no TAP or was made for
  // another number of queues.
  [[nodiscard]] static KernelResult<TapDevice> adopt(const std::string& name, const Mode& mode);

  // Attaches to the TAP 'name' for a moment, in the namespace of the calling thread: then it has
  // these flags, also when nobody is attached any more.
  struct Flags {
    bool has_header = false;
    bool has_packet_information = false;
    bool is_multi_queue = false;
  };
  [[nodiscard]] static KernelResult<void> touch(const std::string& name, const Flags& flags);

  // Returns what keeps 'fd', which somebody else has opened, from being the queue of a port: it is
  // no TAP, or of a kind that brings no bare Ethernet frames. Nullopt: nothing. Asks only devices,
  // for whoever is behind a file of another kind could let us wait for the answer.
  [[nodiscard]] static std::optional<std::string> fault_of(int fd);

  // 'fd' has no fault. Nothing about the TAP changes before prepare().
  [[nodiscard]] static KernelResult<TapDevice> take_over(UniqueFd fd);

  // How another process had a TAP.
  struct Bearing {
    TapFraming framing = TapFraming::long_header;
    bool is_passed = false;  // it got it by take_over()
    int header_size_before = offload_header_size;
  };

  // Makes a device of the descriptors of a TAP, as another process had them. Asks the kernel
  // nothing: the interface may be gone. 'sender' is open if there are several queues.
  [[nodiscard]] static TapDevice inherit(std::vector<UniqueFd> queues, UniqueFd sender,
                                         const Bearing& bearing);

  // Makes frames stand on the descriptors as framing() says, whole and finished, and the
  // descriptors non-blocking.
  [[nodiscard]] KernelResult<void> prepare();

  // Leaves to the reader of a descriptor nothing unfinished any more, and the header as long as
  // whoever passed the TAP had it, or as who opens it next expects it. Does what can be done.
  void put_back();

  // Lets go of the interface; nothing else may be called afterwards.
  void close() {
    queues_.clear();
    sender_.reset();
  }

  [[nodiscard]] std::size_t queue_count() const noexcept { return queues_.size(); }
  [[nodiscard]] int descriptor(std::size_t queue) const noexcept { return queues_[queue].get(); }
  [[nodiscard]] int sending_descriptor() const noexcept {
    return sender_.is_open() ? sender_.get() : queues_[0].get();
  }
  [[nodiscard]] TapFraming framing() const noexcept { return framing_; }
  [[nodiscard]] bool has_header() const noexcept { return framing_ != TapFraming::bare; }
  // How many bytes the header had before prepare().
  [[nodiscard]] int header_size_before() const noexcept { return header_size_before_; }
  // Whether a stranger opened it, who may still have it and change how its descriptor works.
  [[nodiscard]] bool is_passed() const noexcept { return is_passed_; }

  // The name of the interface now. EBADFD if the interface is gone.
  [[nodiscard]] KernelResult<std::string> name() const;

  // The address of the interface now. Nullopt if it is gone, or the question is refused.
  [[nodiscard]] std::optional<MacAddress> mac() const;

  // The namespace the interface is in now. EBADFD if it is gone; another error if this kernel
  // (before 5.2) or this process cannot ask.
  [[nodiscard]] KernelResult<UniqueFd> name_space() const;

  // Lets the interface leave to the reader of the descriptor what is in 'wanted', as far as this
  // kernel knows it and the framing can tell it; returns what that is.
  [[nodiscard]] OffloadSet set_offloads(const OffloadSet& wanted);

  // Whether the interface stays when its descriptors are closed. Nullopt if it is gone.
  [[nodiscard]] std::optional<bool> is_persistent() const;
  [[nodiscard]] KernelResult<void> set_persist(bool persist);
  // Whether the interface has a carrier; one that is attached anew has. EINVAL before Linux 5.0.
  [[nodiscard]] KernelResult<void> set_carrier(bool has_carrier);
  [[nodiscard]] KernelResult<void> set_owner(uid_t owner);
  [[nodiscard]] KernelResult<void> set_group(gid_t group);

 private:
  TapDevice(UniqueFd fd, TapFraming framing, bool is_passed = false)
      : framing_(framing), is_passed_(is_passed) {
    queues_.push_back(std::move(fd));
  }

  [[nodiscard]] static KernelResult<TapDevice> attach(const std::string& name, const Mode& mode,
                                                      int more_flags);
  [[nodiscard]] KernelResult<void> attach_more(std::size_t count, int flags);
  [[nodiscard]] KernelResult<void> set_header();
  [[nodiscard]] int any_descriptor() const { return queues_[0].get(); }
  [[nodiscard]] std::string object() const;

  std::vector<UniqueFd> queues_;
  UniqueFd sender_;  // open if there are several queues
  TapFraming framing_;
  bool is_passed_;
  int header_size_before_ = offload_header_size;  // that of the kernel, if nobody says otherwise
};

}  // namespace tapswitch
