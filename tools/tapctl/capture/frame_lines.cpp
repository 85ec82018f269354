// SPDX-License-Identifier: Apache-2.0
#include "tools/tapctl/capture/frame_lines.hpp"

#include <arpa/inet.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <utility>

#include "switch/frame/frame_view.hpp"
#include "switch/frame/mac_address.hpp"
#include "switch/frame/octets.hpp"

namespace tapswitch::tapctl {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::size_t block_header_size = CaptureBlocks::block_header_size;
constexpr std::size_t packet_header_size = 20;
constexpr std::size_t interface_header_size = 8;
constexpr std::uint16_t end_of_options = 0;
constexpr std::uint16_t opt_comment = 1;
constexpr std::uint16_t if_name = 2;
constexpr std::uint16_t epb_flags = 2;

// Returns the value of the option 'code' in 'options'; empty if it is not there.
std::string_view find_option(std::string_view options, std::uint16_t code) {
  while (options.size() >= 4) {
    const auto found = number_at<std::uint16_t>(options, 0);
    const std::size_t size = number_at<std::uint16_t>(options, 2);
    if (found == end_of_options) {
      break;
    }
    if (found == code) {
      return options.substr(4, size);
    }
    options.remove_prefix(std::min(options.size(), 4 + (size + 3) / 4 * 4));
  }
  return {};
}

std::string time_text(std::uint64_t nanoseconds) {
  const auto seconds = static_cast<std::time_t>(nanoseconds / 1'000'000'000);
  return fmt::format("{:%H:%M:%S}.{:06}", fmt::localtime(seconds),
                     nanoseconds % 1'000'000'000 / 1'000);
}

std::string ip_address(int family, Bytes address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  return ::inet_ntop(family, address.data(), text.data(), text.size()) != nullptr ? text.data()
                                                                                  : "?";
}

std::string protocol_name(std::uint8_t number) {
  switch (number) {
    case IPPROTO_ICMP:
      return "ICMP";
    case IPPROTO_ICMPV6:
      return "ICMPv6";
    case IPPROTO_TCP:
      return "TCP";
    case IPPROTO_UDP:
      return "UDP";
    case IPPROTO_SCTP:
      return "SCTP";
    case IPPROTO_GRE:
      return "GRE";
    default:
      return fmt::format("protocol {}", number);
  }
}

// "10.0.0.1:4711 > 10.0.0.2:80 TCP"
std::string conversation(int family, Bytes from, Bytes to, std::uint8_t protocol, Bytes payload) {
  const bool has_ports =
      (protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_SCTP) &&
      payload.size() >= 4;
  const char separator = family == AF_INET ? ':' : '.';
  const auto end = [&](Bytes address, std::size_t offset) {
    return has_ports ? fmt::format("{}{}{}", ip_address(family, address), separator,
                                   load_16(payload.data() + offset))
                     : ip_address(family, address);
  };
  return fmt::format("{} > {} {}", end(from, 0), end(to, 2), protocol_name(protocol));
}

std::string describe_ipv4(Bytes packet) {
  if (packet.size() < 20) {
    return "IPv4";
  }
  const std::size_t header = (std::to_integer<std::size_t>(packet[0]) & 0xF) * 4;
  const bool is_first = (load_16(packet.data() + 6) & 0x1FFF) == 0;
  return conversation(AF_INET, packet.subspan(12, 4), packet.subspan(16, 4),
                      std::to_integer<std::uint8_t>(packet[9]),
                      is_first ? packet.subspan(std::min(header, packet.size())) : Bytes());
}

std::string describe_ipv6(Bytes packet) {
  return packet.size() < 40
             ? "IPv6"
             : conversation(AF_INET6, packet.subspan(8, 16), packet.subspan(24, 16),
                            std::to_integer<std::uint8_t>(packet[6]), packet.subspan(40));
}

std::string describe_arp(Bytes packet) {
  if (packet.size() < 28) {
    return "ARP";
  }
  const std::string from = ip_address(AF_INET, packet.subspan(14, 4));
  const std::string to = ip_address(AF_INET, packet.subspan(24, 4));
  switch (load_16(packet.data() + 6)) {
    case 1:
      return fmt::format("ARP who has {} tell {}", to, from);
    case 2:
      return fmt::format("ARP {} is here, to {}", from, to);
    default:
      return "ARP";
  }
}

std::string describe_payload(std::uint16_t type, Bytes payload) {
  switch (type) {
    case 0x0800:
      return describe_ipv4(payload);
    case 0x86DD:
      return describe_ipv6(payload);
    case 0x0806:
      return describe_arp(payload);
    case 0x88CC:
      return "LLDP";
    default:
      return type < 0x0600 ? "LLC" : fmt::format("0x{:04x}", type);
  }
}

}  // namespace

std::string describe_frame(Bytes bytes, std::size_t size) {
  if (bytes.size() < FrameView::header_size) {
    return fmt::format("{} bytes", size);
  }
  std::string text =
      fmt::format("{} > {}", MacAddress::read(bytes.data() + MacAddress::size).to_string(),
                  MacAddress::read(bytes.data()).to_string());
  std::size_t at = 2 * MacAddress::size;
  while (bytes.size() >= at + 6 &&
         (load_16(bytes.data() + at) == 0x8100 || load_16(bytes.data() + at) == 0x88A8)) {
    text += fmt::format(" vlan {}", load_16(bytes.data() + at + 2) & 0xFFF);
    at += 4;
  }
  return fmt::format("{} {}, {} bytes", text,
                     describe_payload(load_16(bytes.data() + at), bytes.subspan(at + 2)), size);
}

std::string FrameLines::lines_of(std::string_view bytes) {
  std::string lines;
  blocks_.add(bytes, [&](std::string_view block) {
    if (type_of(block) == BlockType::interface_description) {
      take_interface(block);
    } else if (type_of(block) == BlockType::enhanced_packet) {
      lines += line_of_packet(block) + '\n';
    }
  });
  return lines;
}

void FrameLines::take_interface(std::string_view block) {
  constexpr std::size_t options = block_header_size + interface_header_size;
  interfaces_.emplace_back(find_option(block.substr(std::min(block.size(), options)), if_name));
}

std::string FrameLines::line_of_packet(std::string_view block) const {
  const auto interface = number_at<std::uint32_t>(block, 8);
  const std::uint64_t time = std::uint64_t{number_at<std::uint32_t>(block, 12)} << 32 |
                             number_at<std::uint32_t>(block, 16);
  const std::size_t kept = number_at<std::uint32_t>(block, 20);
  const std::size_t size = number_at<std::uint32_t>(block, 24);
  const std::string_view rest =
      block.substr(std::min(block.size(), block_header_size + packet_header_size));
  const std::string_view frame = rest.substr(0, kept);
  const std::string_view options = rest.substr(std::min(rest.size(), (kept + 3) / 4 * 4));
  const auto flags = number_at<std::uint32_t>(find_option(options, epb_flags), 0);
  const std::string_view comment = find_option(options, opt_comment);
  return fmt::format("{} {} {:<3} {}{}{}", time_text(time),
                     interface < interfaces_.size() ? interfaces_[interface] : "?",
                     (flags & 3) == 1 ? "in" : "out",
                     describe_frame(std::as_bytes(std::span(frame)), size),
                     comment.empty() ? "" : ", ", comment);
}

}  // namespace tapswitch::tapctl
