// SPDX-License-Identifier: Apache-2.0
// vhost_session.hpp: keeps what a front end has said since it connected, and which of its rings run
// by now: the device's side of the vhost-user protocol, for a network card of one pair of queues.
//
// Theory of operation: a front end says in an order of its own what a ring is: its size, its
// addresses, where it goes on, by which eventfd it kicks, and that it is enabled. As soon as all of
// it is said the ring runs. Memory may be passed anew while rings run: they are stopped for a
// moment and found again in it; a ring that is not there waits for other addresses. The guest stops
// a ring by asking where it stands (get_ring_base).
// Limits: one pair of queues; what is not offered is refused. Threads: the control thread.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "switch/ports/vhost_user/egress_ring.hpp"
#include "switch/ports/vhost_user/ingress_ring.hpp"
#include "switch/ports/vhost_user/vhost_message.hpp"
#include "switch/system/bell.hpp"
#include "switch/system/epoll_set.hpp"
#include "switch/system/unique_fd.hpp"

namespace tapswitch {

class VhostSession {
 public:
  struct Parts {
    IngressRing& ingress;
    EgressRing& egress;
    EpollSet& kicks;         // the worker's; kicks of the guest are added to it
    std::uint64_t kick_tag;  // by which it tells of them
    const Bell& flag;        // calls the worker
    int bell;                // rung when memory is lost
  };

  // Says how a message was dealt with.
  struct Outcome {
    std::string fault;                // why the front end is not to be listened to; empty: it may
    std::optional<VhostReply> reply;  // to be sent
  };

  explicit VhostSession(const Parts& parts) : parts_(parts) {}
  VhostSession(const VhostSession&) = delete;
  VhostSession& operator=(const VhostSession&) = delete;
  ~VhostSession() { end(); }

  // Does what 'message' asks for. Takes of the descriptors that came with it what it needs.
  [[nodiscard]] Outcome handle(const VhostMessage& message, std::span<UniqueFd> descriptors);

  // Stops all rings, and forgets.
  void end();

  // Whether frames can cross both ways.
  [[nodiscard]] bool is_running() const { return rings_[0].is_running && rings_[1].is_running; }
  // Returns what the guest finishes by itself, as was agreed.
  [[nodiscard]] OffloadSet offloads() const;
  [[nodiscard]] bool is_memory_lost() const { return memory_ != nullptr && memory_->is_lost(); }

 private:
  // Rings are numbered as the protocol has them.
  static constexpr std::uint32_t to_guest = 0;
  static constexpr std::uint32_t from_guest = 1;
  static constexpr std::uint32_t ring_count = 2;

  struct Ring {
    std::uint32_t size = 0;
    std::uint16_t base = 0;
    std::optional<VhostMessage::Addresses> addresses;
    UniqueFd kick;
    std::shared_ptr<const UniqueFd> call;
    bool is_enabled = false;
    bool is_running = false;
  };

  [[nodiscard]] std::string obey(const VhostMessage& message, std::span<UniqueFd> descriptors);
  [[nodiscard]] std::string set_features(std::uint64_t features);
  [[nodiscard]] std::string set_memory(const VhostMessage& message,
                                       std::span<UniqueFd> descriptors);
  [[nodiscard]] std::string set_descriptor(const VhostMessage& message, UniqueFd descriptor);
  [[nodiscard]] std::string set_ring(const VhostMessage& message);
  [[nodiscard]] std::uint32_t base_of(std::uint32_t ring);

  // Starts it if all is said that it needs.
  void try_start(std::uint32_t ring);
  void stop(std::uint32_t ring);
  [[nodiscard]] bool has(std::uint64_t feature) const { return (features_ & feature) != 0; }

  const Parts parts_;
  std::uint64_t features_ = 0;  // that were agreed
  std::shared_ptr<const GuestMemory> memory_;
  std::array<Ring, ring_count> rings_;
};

}  // namespace tapswitch
