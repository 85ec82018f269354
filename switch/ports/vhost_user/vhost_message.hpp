// SPDX-License-Identifier: Apache-2.0
// vhost_message.hpp: a message of the vhost-user protocol, as a front end sends it, and its reading
// from bytes: version, length and count of descriptors are checked before anybody acts on it.
//
// Theory of operation: the stream has one message after the other, each a header of twelve bytes
// and a payload whose length the header tells. Descriptors come with the bytes of their message.
// So the reader asks for no byte beyond the message that it reads, and whatever descriptors come
// meanwhile are of that one. Numbers are in the order of the machine.
// Limits: requests that were not offered are no messages; most_regions regions; a payload is as
// long as its request says. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace tapswitch {

// The numbers are those of the protocol.
enum class VhostRequest : std::uint32_t {
  get_features = 1,
  set_features = 2,
  set_owner = 3,
  reset_owner = 4,
  set_memory = 5,
  set_ring_size = 8,
  set_ring_addresses = 9,
  set_ring_base = 10,
  get_ring_base = 11,
  set_ring_kick = 12,
  set_ring_call = 13,
  set_ring_error = 14,
  get_protocol_features = 15,
  set_protocol_features = 16,
  enable_ring = 18,
  set_mtu = 20,
};

struct VhostMessage {
  static constexpr std::size_t header_size = 12;
  static constexpr std::size_t most_regions = 8;
  static constexpr std::size_t region_size = 32;
  static constexpr std::size_t max_size = header_size + 8 + most_regions * region_size;

  // A piece of the guest's memory, and where it begins in the file that came with it.
  struct Region {
    std::uint64_t guest = 0;  // where the guest has it
    std::uint64_t size = 0;
    std::uint64_t user = 0;  // where the front end has it
    std::uint64_t offset = 0;

    bool operator==(const Region&) const = default;
  };

  // Says where the front end has the parts of a ring.
  struct Addresses {
    std::uint64_t descriptors = 0;
    std::uint64_t used = 0;
    std::uint64_t available = 0;

    bool operator==(const Addresses&) const = default;
  };

  VhostRequest request{};
  bool wants_reply = false;
  std::uint32_t ring = 0;       // of which it is
  std::uint64_t number = 0;     // what is said: features, an MTU, the size or base of a ring
  bool has_descriptor = false;  // of a kick, call or error
  Addresses addresses;
  std::array<Region, most_regions> region_space;
  std::size_t region_count = 0;

  [[nodiscard]] std::span<const Region> regions() const {
    return std::span(region_space).first(region_count);
  }
};

class VhostMessageReader {
 public:
  enum class State : std::uint8_t { incomplete, complete, invalid };

  // Returns where the next bytes of the message go; never empty until it is complete or invalid.
  [[nodiscard]] std::span<std::byte> space() {
    return std::span(bytes_).subspan(size_, end_ - size_);
  }

  // Says that the first 'size' bytes of space() have come, and 'descriptors' descriptors with them.
  State commit(std::size_t size, std::size_t descriptors);

  // Returns the message. Requires: it is complete.
  [[nodiscard]] const VhostMessage& message() const { return message_; }

  // Says why what came is no message; empty: nothing is known against it.
  [[nodiscard]] std::string_view fault() const { return fault_; }

  // Begins the next message.
  void reset() { *this = VhostMessageReader(); }

 private:
  State refuse(std::string_view why);
  State read_header();
  State read_payload();
  [[nodiscard]] std::size_t descriptors_wanted() const;

  std::array<std::byte, VhostMessage::max_size> bytes_;
  std::size_t size_ = 0;
  std::size_t end_ = VhostMessage::header_size;
  std::size_t descriptors_ = 0;
  VhostMessage message_;
  std::string_view fault_;
};

// Returns the answer to a message that wants a number, or word whether it was obeyed (0: it was).
using VhostReply = std::array<std::byte, VhostMessage::header_size + 8>;
[[nodiscard]] VhostReply vhost_reply(VhostRequest request, std::uint64_t number);
// The same where a ring and a number are asked for.
[[nodiscard]] VhostReply vhost_ring_reply(VhostRequest request, std::uint32_t ring,
                                          std::uint32_t number);

}  // namespace tapswitch
