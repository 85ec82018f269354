// SPDX-License-Identifier: Apache-2.0
#include "tests/support/super_frame.hpp"

#include <algorithm>
#include <memory>
#include <random>

#include "switch/frame/segmentation.hpp"
#include "tests/support/frame_builder.hpp"
#include "tests/support/wire_bytes.hpp"

namespace tapswitch::test {
namespace {

constexpr std::size_t addresses_in_ipv4 = 12;
constexpr std::size_t addresses_in_ipv6 = 8;

void append_32(Bytes& bytes, std::uint32_t value) {
  append_16(bytes, value >> 16);
  append_16(bytes, value);
}

// One-byte padding, as IPv4 options ("no operation") and those of TCP have it.
void append_no_operations(Bytes& bytes, std::size_t size) {
  bytes.insert(bytes.end(), size, std::byte{1});
}

std::size_t checksum_offset(TransportKind kind) { return kind == TransportKind::tcp ? 16 : 6; }

// The sum of the pseudo-header of the frame, whose transport header and payload have 'size' bytes.
std::uint32_t pseudo_header_sum(std::span<const std::byte> frame, const HeaderLayout& headers,
                                std::size_t size) {
  const auto addresses = headers.is_ipv6 ? frame.subspan(headers.network + addresses_in_ipv6, 32)
                                         : frame.subspan(headers.network + addresses_in_ipv4, 8);
  return fold(naive_sum(addresses) + static_cast<std::uint32_t>(headers.kind) +
              static_cast<std::uint32_t>(size));
}

void append_ethernet(Bytes& bytes, const SuperFrameRecipe& recipe) {
  append(bytes, {2, 0, 0, 0, 0, 2});
  append(bytes, {2, 0, 0, 0, 0, 1});
  for (const VlanTag& tag : recipe.tags) {
    append_16(bytes, static_cast<std::uint16_t>(tag.type));
    append_16(bytes, tag.control_information());
  }
  append_16(bytes, recipe.is_ipv6 ? 0x86dd : 0x0800);
}

std::size_t transport_size(const SuperFrameRecipe& recipe) {
  return (recipe.kind == TransportKind::tcp ? 20 + recipe.tcp_option_size : 8) +
         recipe.payload.size();
}

void append_ipv4(Bytes& bytes, const SuperFrameRecipe& recipe) {
  const std::size_t begin = bytes.size();
  const std::size_t size = 20 + recipe.ipv4_option_size;
  append(bytes, {static_cast<unsigned>(0x40 | size / 4), 0x02});
  append_16(bytes, size + transport_size(recipe));
  append_16(bytes, recipe.identification);
  append(bytes, {0x40, 0, 64, static_cast<unsigned>(recipe.kind), 0, 0});
  append(bytes, {10, 0, 0, 1, 10, 0, 0, 2});
  append_no_operations(bytes, recipe.ipv4_option_size);
  const auto header = std::span(bytes).subspan(begin);
  put_word(header, 10, 0xffff - naive_sum(header));
}

void append_ipv6(Bytes& bytes, const SuperFrameRecipe& recipe) {
  std::size_t payload_size = transport_size(recipe);
  for (const Extension& extension : recipe.extensions) {
    payload_size += extension.size;
  }
  const auto transport = static_cast<std::uint8_t>(recipe.kind);
  append(bytes, {0x60, 0x20, 0, 1});
  append_16(bytes, payload_size);
  append(bytes, {recipe.extensions.empty() ? transport : recipe.extensions.front().number, 64});
  append(bytes, {0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});
  append(bytes, {0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2});
  for (std::size_t i = 0; i < recipe.extensions.size(); ++i) {
    const bool is_last = i + 1 == recipe.extensions.size();
    const std::size_t size = recipe.extensions[i].size;
    append(bytes, {is_last ? transport : recipe.extensions[i + 1].number,
                   static_cast<unsigned>(size / 8 - 1)});
    // Options of one byte, which fill options headers and mean nothing in a routing header.
    bytes.insert(bytes.end(), size - 2, std::byte{0});
  }
}

void append_transport(Bytes& bytes, const SuperFrameRecipe& recipe) {
  append_16(bytes, 40'000);
  append_16(bytes, 5'001);
  if (recipe.kind == TransportKind::udp) {
    append_16(bytes, transport_size(recipe));
    append_16(bytes, 0);
    return;
  }
  append_32(bytes, recipe.sequence);
  append_32(bytes, 0x0102'0304);
  append(bytes, {static_cast<unsigned>((20 + recipe.tcp_option_size) / 4) << 4, recipe.tcp_flags});
  append_16(bytes, 0x2000);
  append_32(bytes, 0);
  append_no_operations(bytes, recipe.tcp_option_size);
}

GsoKind kind_of(const SuperFrameRecipe& recipe) {
  if (recipe.kind == TransportKind::udp) {
    return GsoKind::udp;
  }
  return recipe.is_ipv6 ? GsoKind::tcp_ipv6 : GsoKind::tcp_ipv4;
}

}  // namespace

SuperFrame build(const SuperFrameRecipe& recipe) {
  SuperFrame frame;
  Bytes& bytes = frame.bytes;
  append_ethernet(bytes, recipe);
  frame.headers = {.network = bytes.size(), .is_ipv6 = recipe.is_ipv6, .kind = recipe.kind};
  recipe.is_ipv6 ? append_ipv6(bytes, recipe) : append_ipv4(bytes, recipe);
  frame.headers.transport = bytes.size();
  append_transport(bytes, recipe);
  frame.headers.payload = bytes.size();
  bytes.insert(bytes.end(), recipe.payload.begin(), recipe.payload.end());

  put_word(bytes, frame.headers.transport + checksum_offset(recipe.kind),
           pseudo_header_sum(bytes, frame.headers, transport_size(recipe)));
  frame.offload = {
      .needs_checksum = true,
      .gso = kind_of(recipe),
      .has_ecn = recipe.kind == TransportKind::tcp && (recipe.tcp_flags & tcp_flag::cwr) != 0,
      .header_size = static_cast<std::uint16_t>(frame.headers.payload),
      .segment_size = recipe.segment_size,
      .checksum_start = static_cast<std::uint16_t>(frame.headers.transport),
      .checksum_offset = static_cast<std::uint16_t>(checksum_offset(recipe.kind))};
  return frame;
}

std::optional<HeaderLayout> find_headers(std::span<const std::byte> frame) {
  return Layout::find(frame).headers();
}

bool is_consistent(std::span<const std::byte> frame, const Offload& offload) {
  return is_consistent(frame.size(), Layout::find(frame), offload);
}

std::size_t wire_size(std::span<const std::byte> frame, const Offload& offload) {
  return wire_size(frame.size(), Layout::find(frame).headers(), offload);
}

SuperFrame without_segmentation(SuperFrame frame) {
  frame.offload.gso = GsoKind::none;
  frame.offload.has_ecn = false;
  frame.offload.segment_size = 0;
  return frame;
}

Bytes with_header(const Offload& offload, std::span<const std::byte> frame) {
  Bytes bytes(offload_header_size);
  write_offload(offload, std::span(bytes).first<offload_header_size>());
  bytes.insert(bytes.end(), frame.begin(), frame.end());
  return bytes;
}

std::vector<Bytes> cut(std::span<const std::byte> frame, const Offload& offload) {
  const auto super_frame = std::make_unique<FrameBuffer>();
  fill(*super_frame, frame, offload);
  const auto buffer = std::make_unique<FrameBuffer>();
  std::vector<Bytes> segments;
  (void)super_frame->check_offload();
  if (super_frame->offload().gso == GsoKind::none) {
    super_frame->finish_checksum();
    return {Bytes(super_frame->head().begin(), super_frame->head().end())};
  }
  Segmenter segmenter(*super_frame, super_frame->headers_of_segments().value());
  while (segmenter.next(*buffer)) {
    segments.emplace_back(buffer->head().begin(), buffer->head().end());
  }
  return segments;
}

Bytes noise(std::size_t size, std::uint32_t seed) {
  std::minstd_rand random(seed);
  Bytes bytes(size);
  std::ranges::generate(bytes, [&] { return static_cast<std::byte>(random() >> 8 & 0xff); });
  return bytes;
}

std::uint32_t naive_sum(std::span<const std::byte> bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    sum = fold(sum + std::to_integer<std::uint32_t>(bytes[i]) * (i % 2 == 0 ? 256 : 1));
  }
  return sum;
}

std::string fault_of(std::span<const std::byte> frame, const HeaderLayout& headers) {
  const auto ip = frame.subspan(headers.network);
  const auto transport = frame.subspan(headers.transport);
  if (headers.is_ipv6) {
    if (word_at(ip, 4) != ip.size() - 40) {
      return "payload length of IPv6";
    }
  } else if (word_at(ip, 2) != ip.size()) {
    return "total length of IPv4";
  } else if (naive_sum(ip.first(headers.transport - headers.network)) != 0xffff) {
    return "header checksum of IPv4";
  }
  if (headers.kind == TransportKind::udp && word_at(transport, 4) != transport.size()) {
    return "length of UDP";
  }
  if (headers.kind == TransportKind::udp && word_at(transport, 6) == 0) {
    return "no checksum of UDP";
  }
  const std::uint32_t pseudo_header = pseudo_header_sum(frame, headers, transport.size());
  return fold(pseudo_header + naive_sum(transport)) == 0xffff ? "" : "checksum of transport";
}

}  // namespace tapswitch::test
