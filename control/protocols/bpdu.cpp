// SPDX-License-Identifier: Apache-2.0
#include "control/protocols/bpdu.hpp"

#include "switch/frame/octets.hpp"

namespace tapswitch::protocols {
namespace {

constexpr std::size_t addresses_size = 2 * MacAddress::size;
constexpr std::size_t llc_size = 3;
constexpr std::size_t frame_header_size = addresses_size + 2 + llc_size;
constexpr std::byte spanning_tree_sap{0x42};
constexpr std::byte unnumbered{0x03};
constexpr std::uint16_t longest_length = 1'500;  // more is an EtherType

constexpr std::size_t notification_size = 4;
constexpr std::size_t configuration_size = 35;
constexpr std::size_t rapid_size = 36;

constexpr std::byte type_configuration{0x00};
constexpr std::byte type_rapid{0x02};
constexpr std::byte type_notification{0x80};
constexpr std::byte rapid_version{2};

// The offsets of members in a BPDU [9.3.1].
constexpr std::size_t version_at = 2;
constexpr std::size_t type_at = 3;
constexpr std::size_t flags_at = 4;
constexpr std::size_t root_at = 5;
constexpr std::size_t cost_at = 13;
constexpr std::size_t bridge_at = 17;
constexpr std::size_t port_at = 25;
constexpr std::size_t age_at = 27;

constexpr unsigned flag_topology_change = 0x01;
constexpr unsigned flag_proposal = 0x02;
constexpr unsigned flag_learning = 0x10;
constexpr unsigned flag_forwarding = 0x20;
constexpr unsigned flag_agreement = 0x40;
constexpr unsigned flag_acknowledgment = 0x80;
constexpr unsigned role_shift = 2;

std::uint64_t load_64(const std::byte* octets) {
  return std::uint64_t{load_32(octets)} << 32 | load_32(octets + 4);
}

void store_64(std::byte* octets, std::uint64_t value) {
  store_32(octets, static_cast<std::uint32_t>(value >> 32));
  store_32(octets + 4, static_cast<std::uint32_t>(value & 0xffff'ffff));
}

// Returns what is behind the LLC header of a frame to bridges; empty if there is none.
std::span<const std::byte> find_bpdu(std::span<const std::byte> frame) {
  if (frame.size() < frame_header_size) {
    return {};
  }
  const std::size_t length = load_16(&frame[addresses_size]);
  const std::byte* const llc = &frame[addresses_size + 2];
  const bool is_ours = MacAddress::read(frame.data()) == bridge_group && length <= longest_length &&
                       llc[0] == spanning_tree_sap && llc[1] == spanning_tree_sap &&
                       llc[2] == unnumbered;
  if (!is_ours || length < llc_size || frame.size() - addresses_size - 2 < length) {
    return {};
  }
  return frame.subspan(frame_header_size, length - llc_size);
}

std::optional<Bpdu::Kind> kind_of(std::span<const std::byte> bpdu) {
  if (bpdu.size() < notification_size || load_16(bpdu.data()) != 0) {
    return std::nullopt;
  }
  const std::byte type = bpdu[type_at];
  if (type == type_notification) {
    return Bpdu::Kind::notification;
  }
  if (type == type_configuration && bpdu.size() >= configuration_size) {
    return Bpdu::Kind::configuration;
  }
  if (type == type_rapid && bpdu[version_at] >= rapid_version && bpdu.size() >= rapid_size) {
    return Bpdu::Kind::rapid;
  }
  return std::nullopt;
}

void read_flags(unsigned flags, Bpdu& read) {
  read.topology_change = (flags & flag_topology_change) != 0;
  read.acknowledgment = (flags & flag_acknowledgment) != 0;
  if (read.kind != Bpdu::Kind::rapid) {
    return;
  }
  read.acknowledgment = false;  // it has no meaning there [9.3.3]
  read.proposal = (flags & flag_proposal) != 0;
  read.role = static_cast<Bpdu::Role>(flags >> role_shift & 3);
  read.learning = (flags & flag_learning) != 0;
  read.forwarding = (flags & flag_forwarding) != 0;
  read.agreement = (flags & flag_agreement) != 0;
}

std::byte flags_of(const Bpdu& bpdu) {
  const auto flag = [](bool is_set, unsigned bits) { return is_set ? bits : 0U; };
  unsigned flags = flag(bpdu.topology_change, flag_topology_change);
  if (bpdu.kind == Bpdu::Kind::rapid) {
    flags |= flag(bpdu.proposal, flag_proposal) | flag(bpdu.learning, flag_learning) |
             flag(bpdu.forwarding, flag_forwarding) | flag(bpdu.agreement, flag_agreement) |
             static_cast<unsigned>(bpdu.role) << role_shift;
  } else {
    flags |= flag(bpdu.acknowledgment, flag_acknowledgment);
  }
  return static_cast<std::byte>(flags);
}

}  // namespace

std::optional<Bpdu> read_bpdu(std::span<const std::byte> frame) {
  const std::span<const std::byte> bpdu = find_bpdu(frame);
  const auto kind = kind_of(bpdu);
  if (!kind) {
    return std::nullopt;
  }
  Bpdu read{.kind = *kind};
  if (*kind == Bpdu::Kind::notification) {
    return read;
  }
  read_flags(std::to_integer<unsigned>(bpdu[flags_at]), read);
  read.vector = {.root = {load_64(&bpdu[root_at])},
                 .cost = load_32(&bpdu[cost_at]),
                 .bridge = {load_64(&bpdu[bridge_at])},
                 .port = load_16(&bpdu[port_at])};
  read.times = {.message_age = load_16(&bpdu[age_at]),
                .max_age = load_16(&bpdu[age_at + 2]),
                .hello = load_16(&bpdu[age_at + 4]),
                .forward_delay = load_16(&bpdu[age_at + 6])};
  return read;
}

std::vector<std::byte> write_bpdu(const Bpdu& bpdu, MacAddress source) {
  const std::size_t size = bpdu.kind == Bpdu::Kind::notification    ? notification_size
                           : bpdu.kind == Bpdu::Kind::configuration ? configuration_size
                                                                    : rapid_size;
  std::vector<std::byte> frame(frame_header_size + size);
  bridge_group.write(frame.data());
  source.write(&frame[MacAddress::size]);
  store_16(&frame[addresses_size], as_word(llc_size + size));
  frame[addresses_size + 2] = frame[addresses_size + 3] = spanning_tree_sap;
  frame[addresses_size + 4] = unnumbered;
  std::byte* const out = &frame[frame_header_size];
  switch (bpdu.kind) {
    case Bpdu::Kind::notification:
      out[type_at] = type_notification;
      return frame;
    case Bpdu::Kind::configuration:
      out[type_at] = type_configuration;
      break;
    case Bpdu::Kind::rapid:
      out[version_at] = rapid_version;
      out[type_at] = type_rapid;
      break;
  }
  out[flags_at] = flags_of(bpdu);
  store_64(out + root_at, bpdu.vector.root.bits);
  store_32(out + cost_at, bpdu.vector.cost);
  store_64(out + bridge_at, bpdu.vector.bridge.bits);
  store_16(out + port_at, bpdu.vector.port);
  store_16(out + age_at, bpdu.times.message_age);
  store_16(out + age_at + 2, bpdu.times.max_age);
  store_16(out + age_at + 4, bpdu.times.hello);
  store_16(out + age_at + 6, bpdu.times.forward_delay);
  return frame;
}

}  // namespace tapswitch::protocols
