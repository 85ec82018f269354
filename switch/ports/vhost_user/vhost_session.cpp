// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/vhost_user/vhost_session.hpp"

#include <bit>
#include <utility>

#include "switch/system/eventfd.hpp"
#include "switch/system/slow_close.hpp"

namespace tapswitch {
namespace {

constexpr std::uint64_t feature(unsigned bit) { return std::uint64_t{1} << bit; }

// virtio-net [virtio 1.2, 5.1.3]. What is 'guest' in their names is what the driver finishes, what
// is 'host' what the device does.
constexpr std::uint64_t checksum_feature = feature(0);
constexpr std::uint64_t guest_checksum_feature = feature(1);
constexpr std::uint64_t mtu_feature = feature(3);
constexpr std::uint64_t guest_tso4_feature = feature(7);
constexpr std::uint64_t guest_tso6_feature = feature(8);
constexpr std::uint64_t guest_ecn_feature = feature(9);
constexpr std::uint64_t host_tso4_feature = feature(11);
constexpr std::uint64_t host_tso6_feature = feature(12);
constexpr std::uint64_t host_ecn_feature = feature(13);
constexpr std::uint64_t merges_buffers_feature = feature(15);
// All devices [virtio 1.2, 6].
constexpr std::uint64_t any_layout_feature = feature(27);
constexpr std::uint64_t indirect_feature = feature(28);
constexpr std::uint64_t event_index_feature = feature(29);
constexpr std::uint64_t version_1_feature = feature(32);
// The protocol itself.
constexpr std::uint64_t protocol_features_feature = feature(30);

constexpr std::uint64_t offered_features =
    checksum_feature | guest_checksum_feature | mtu_feature | guest_tso4_feature |
    guest_tso6_feature | guest_ecn_feature | host_tso4_feature | host_tso6_feature |
    host_ecn_feature | merges_buffers_feature | any_layout_feature | indirect_feature |
    event_index_feature | version_1_feature | protocol_features_feature;

constexpr std::uint64_t reply_ack = feature(3);
constexpr std::uint64_t mtu_protocol = feature(4);
constexpr std::uint64_t offered_protocol_features = reply_ack | mtu_protocol;

// Whether the message has an answer of its own.
bool asks(VhostRequest request) {
  return request == VhostRequest::get_features || request == VhostRequest::get_ring_base ||
         request == VhostRequest::get_protocol_features;
}

}  // namespace

VhostSession::Outcome VhostSession::handle(const VhostMessage& message,
                                           std::span<UniqueFd> descriptors) {
  switch (message.request) {
    case VhostRequest::get_features:
      return {.fault = {}, .reply = vhost_reply(message.request, offered_features)};
    case VhostRequest::get_protocol_features:
      return {.fault = {}, .reply = vhost_reply(message.request, offered_protocol_features)};
    default:
      break;
  }
  std::string fault = obey(message, descriptors);
  if (!fault.empty()) {
    return {.fault = std::move(fault), .reply = std::nullopt};
  }
  if (message.request == VhostRequest::get_ring_base) {
    return {.fault = {},
            .reply = vhost_ring_reply(message.request, message.ring, base_of(message.ring))};
  }
  return {.fault = {},
          .reply = message.wants_reply && !asks(message.request)
                       ? std::optional(vhost_reply(message.request, 0))
                       : std::nullopt};
}

std::string VhostSession::obey(const VhostMessage& message, std::span<UniqueFd> descriptors) {
  switch (message.request) {
    case VhostRequest::set_features:
      return set_features(message.number);
    case VhostRequest::set_protocol_features:
      return (message.number & ~offered_protocol_features) == 0
                 ? ""
                 : "it wants protocol features that are not offered";
    case VhostRequest::set_memory:
      return set_memory(message, descriptors);
    case VhostRequest::set_ring_kick:
    case VhostRequest::set_ring_call:
    case VhostRequest::set_ring_error:
      return set_descriptor(message,
                            message.has_descriptor ? std::move(descriptors.front()) : UniqueFd());
    case VhostRequest::set_ring_size:
    case VhostRequest::set_ring_addresses:
    case VhostRequest::set_ring_base:
    case VhostRequest::get_ring_base:
    case VhostRequest::enable_ring:
      return set_ring(message);
    default:
      return {};  // nothing is to be done for an owner or an MTU
  }
}

// Features may be agreed upon anew only while nothing runs; what is said again changes nothing.
std::string VhostSession::set_features(std::uint64_t features) {
  if ((features & ~offered_features) != 0) {
    return "it wants features that are not offered";
  }
  const bool is_other = features != features_;
  for (std::uint32_t ring = 0; ring < ring_count && is_other; ++ring) {
    stop(ring);
  }
  features_ = features;
  for (std::uint32_t ring = 0; ring < ring_count; ++ring) {
    // Without protocol features nobody enables a ring.
    rings_[ring].is_enabled = rings_[ring].is_enabled || !has(protocol_features_feature);
    try_start(ring);
  }
  return {};
}

std::string VhostSession::set_memory(const VhostMessage& message, std::span<UniqueFd> descriptors) {
  if (const std::string_view fault = fault_of(message.regions()); !fault.empty()) {
    return std::string(fault);
  }
  auto memory = GuestMemory::map(message.regions(), descriptors, parts_.bell);
  if (!memory) {
    return memory.error().message();
  }
  for (std::uint32_t ring = 0; ring < ring_count; ++ring) {
    stop(ring);
  }
  memory_ = std::move(*memory);
  for (std::uint32_t ring = 0; ring < ring_count; ++ring) {
    try_start(ring);
  }
  return {};
}

std::string VhostSession::set_descriptor(const VhostMessage& message, UniqueFd descriptor) {
  if (message.ring >= ring_count) {
    close_slowly(std::move(descriptor));
    return "it has more rings than were offered";
  }
  if (descriptor.is_open() && !is_eventfd(descriptor.get())) {
    close_slowly(std::move(descriptor));
    return "what it kicks or is called by is no eventfd";
  }
  Ring& ring = rings_[message.ring];
  if (message.request == VhostRequest::set_ring_call) {
    ring.call =
        descriptor.is_open() ? std::make_shared<const UniqueFd>(std::move(descriptor)) : nullptr;
    if (message.ring == to_guest) {
      parts_.egress.set_call(ring.call);
    } else {
      parts_.ingress.set_call(ring.call);
    }
  } else if (message.request == VhostRequest::set_ring_kick) {
    stop(message.ring);
    ring.kick = std::move(descriptor);
    try_start(message.ring);
  }
  return {};
}

std::string VhostSession::set_ring(const VhostMessage& message) {
  if (message.ring >= ring_count) {
    return "it has more rings than were offered";
  }
  Ring& ring = rings_[message.ring];
  switch (message.request) {
    case VhostRequest::set_ring_size:
      if (!std::has_single_bit(message.number) || message.number > SplitRing::max_size) {
        return "the size of a ring is no power of two up to 32768";
      }
      stop(message.ring);
      ring.size = static_cast<std::uint32_t>(message.number);
      break;
    case VhostRequest::set_ring_addresses:
      stop(message.ring);
      ring.addresses = message.addresses;
      break;
    case VhostRequest::set_ring_base:
      stop(message.ring);
      ring.base = static_cast<std::uint16_t>(message.number);
      break;
    case VhostRequest::enable_ring:
      ring.is_enabled = message.number != 0;
      if (!ring.is_enabled) {
        stop(message.ring);
      }
      break;
    default:
      return {};
  }
  try_start(message.ring);
  return {};
}

// A front end that asks where a ring stands has stopped it: it starts again with the next kick
// descriptor.
std::uint32_t VhostSession::base_of(std::uint32_t ring) {
  stop(ring);
  rings_[ring].kick.reset();
  return rings_[ring].base;
}

void VhostSession::try_start(std::uint32_t index) {
  Ring& ring = rings_[index];
  if (ring.is_running || !ring.is_enabled || !ring.kick.is_open() || !ring.addresses ||
      ring.size == 0 || memory_ == nullptr) {
    return;
  }
  const auto place = SplitRing::Place::find(*memory_, *ring.addresses, ring.size);
  if (!place.is_there()) {
    return;
  }
  const bool merges = has(merges_buffers_feature);
  RunningRing running{.ring = SplitRing(memory_, place, ring.base, has(event_index_feature)),
                      .call = ring.call,
                      .header_size = merges || has(version_1_feature) ? virtio_net_header_size
                                                                      : offload_header_size,
                      .merges_buffers = merges,
                      .offloads = offloads()};
  ring.is_running = true;
  if (index == to_guest) {
    parts_.egress.start(std::move(running));
    return;
  }
  parts_.ingress.start(std::move(running));
  // By edge: nobody reads the eventfd, so that nobody can make us wait for it.
  (void)parts_.kicks.add(ring.kick.get(), EPOLLIN | EPOLLET, parts_.kick_tag);
  parts_.flag.ring();
}

void VhostSession::stop(std::uint32_t index) {
  Ring& ring = rings_[index];
  if (!std::exchange(ring.is_running, false)) {
    return;
  }
  const auto base = index == to_guest ? parts_.egress.stop() : parts_.ingress.stop();
  ring.base = base.value_or(ring.base);
  if (index == from_guest) {
    parts_.kicks.remove(ring.kick.get());
    parts_.flag.ring();  // the worker may have frames of it that it has not looked at yet
  }
}

void VhostSession::end() {
  for (std::uint32_t ring = 0; ring < ring_count; ++ring) {
    stop(ring);
    rings_[ring] = Ring();
  }
  features_ = 0;
  memory_.reset();
}

OffloadSet VhostSession::offloads() const {
  const bool has_checksum = has(guest_checksum_feature);
  return {.checksum = has_checksum,
          .tso4 = has_checksum && has(guest_tso4_feature),
          .tso6 = has_checksum && has(guest_tso6_feature),
          .tso_ecn = has_checksum && has(guest_ecn_feature)};
}

}  // namespace tapswitch
