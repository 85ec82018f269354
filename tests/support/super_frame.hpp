// SPDX-License-Identifier: Apache-2.0
// super_frame.hpp: super-frames for tests, as a sender with segmentation offload makes them, and an
// independent opinion about the segments.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "switch/frame/layout.hpp"
#include "switch/frame/offload.hpp"
#include "switch/frame/vlan_tag.hpp"

namespace tapswitch::test {

namespace tcp_flag {
constexpr std::uint8_t fin = 0x01;
constexpr std::uint8_t psh = 0x08;
constexpr std::uint8_t ack = 0x10;
constexpr std::uint8_t cwr = 0x80;
}  // namespace tcp_flag

// An extension header of IPv6: its number, and its size, a multiple of 8. Holds padding only.
struct Extension {
  std::uint8_t number = 0;
  std::size_t size = 8;
};

struct SuperFrameRecipe {
  bool is_ipv6 = false;
  TransportKind kind = TransportKind::tcp;
  std::vector<VlanTag> tags{};
  std::size_t ipv4_option_size = 0;  // a multiple of 4, at most 40
  std::vector<Extension> extensions{};
  std::size_t tcp_option_size = 0;  // a multiple of 4, at most 40
  std::uint8_t tcp_flags = tcp_flag::ack;
  std::uint16_t identification = 1;
  std::uint32_t sequence = 1;
  std::uint16_t segment_size = 1'448;
  std::vector<std::byte> payload = std::vector<std::byte>(4'000);
};

struct SuperFrame {
  std::vector<std::byte> bytes;
  Offload offload;
  HeaderLayout headers;

  [[nodiscard]] std::span<const std::byte> payload() const {
    return std::span(bytes).subspan(headers.payload);
  }
};

[[nodiscard]] SuperFrame build(const SuperFrameRecipe& recipe);

// Finds the headers of a frame.
[[nodiscard]] std::optional<HeaderLayout> find_headers(std::span<const std::byte> frame);
[[nodiscard]] bool is_consistent(std::span<const std::byte> frame, const Offload& offload);
[[nodiscard]] std::size_t wire_size(std::span<const std::byte> frame, const Offload& offload);

// The same frame with segmentation taken out of its header: one frame with an unfinished checksum.
[[nodiscard]] SuperFrame without_segmentation(SuperFrame frame);

// Returns 'frame' as it travels on the cable of a port with offloads.
[[nodiscard]] std::vector<std::byte> with_header(const Offload& offload,
                                                 std::span<const std::byte> frame);

// Returns what a super-frame is cut into.
[[nodiscard]] std::vector<std::vector<std::byte>> cut(std::span<const std::byte> frame,
                                                      const Offload& offload);

// 'size' bytes that differ from those of another 'seed'.
[[nodiscard]] std::vector<std::byte> noise(std::size_t size, std::uint32_t seed = 1);

// The ones' complement sum of 16-bit words, folded, taken the slow and obvious way.
[[nodiscard]] std::uint32_t naive_sum(std::span<const std::byte> bytes);

// Returns what is wrong with the lengths and checksums of a finished 'frame' with headers as in
// 'headers'; empty if nothing is.
[[nodiscard]] std::string fault_of(std::span<const std::byte> frame, const HeaderLayout& headers);

}  // namespace tapswitch::test
