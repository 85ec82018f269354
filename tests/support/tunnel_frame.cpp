// SPDX-License-Identifier: Apache-2.0
#include "tests/support/tunnel_frame.hpp"

#include <algorithm>

#include "tests/support/wire_bytes.hpp"

namespace tapswitch::test {
namespace {

bool carries_ethernet(TunnelKind kind) {
  return kind == TunnelKind::vxlan || kind == TunnelKind::geneve || kind == TunnelKind::gre_tap;
}

bool is_in_udp(TunnelKind kind) { return kind <= TunnelKind::fou; }
bool is_in_gre(TunnelKind kind) { return kind == TunnelKind::gre_tap || kind == TunnelKind::gre; }

std::size_t protocol_of(const TunnelRecipe& recipe, bool is_inner_ipv6) {
  if (is_in_udp(recipe.kind)) {
    return 17;
  }
  return is_in_gre(recipe.kind) ? 47 : is_inner_ipv6 ? 41 : 4;
}

// Without lengths and sums.
Bytes tunnel_header(const TunnelRecipe& recipe, bool is_inner_ipv6) {
  Bytes bytes;
  if (is_in_udp(recipe.kind)) {
    append(bytes, {0xc0, 1, 0x12, 0xb5, 0, 0, 0, 0});
  }
  switch (recipe.kind) {
    case TunnelKind::vxlan:
      append(bytes, {8, 0, 0, 0, 0, 0, 7, 0});
      break;
    case TunnelKind::geneve:
      append(bytes, {recipe.option_size / 4, 0, 0x65, 0x58, 0, 0, 7, 0});
      bytes.insert(bytes.end(), recipe.option_size, std::byte{0x11});
      break;
    case TunnelKind::gue:
      append(bytes, {0, is_inner_ipv6 ? 41U : 4U, 0, 0});
      break;
    case TunnelKind::gre_tap:
    case TunnelKind::gre:
      append(bytes, {(recipe.has_checksum ? 0x80U : 0U) | (recipe.has_key ? 0x20U : 0U), 0});
      append_16(bytes, recipe.kind == TunnelKind::gre_tap ? 0x6558U
                       : is_inner_ipv6                    ? 0x86ddU
                                                          : 0x0800U);
      bytes.insert(bytes.end(), recipe.has_checksum ? 4 : 0, std::byte{0});
      bytes.insert(bytes.end(), recipe.has_key ? 4 : 0, std::byte{0x22});
      break;
    case TunnelKind::mpls:
      append(bytes, {0, 0, 0x10, 64, 0, 0, 0x21, 64});
      break;
    case TunnelKind::fou:
    case TunnelKind::ip_in_ip:
      break;
  }
  return bytes;
}

void append_ip(Bytes& bytes, const TunnelRecipe& recipe, std::size_t protocol, std::size_t size) {
  if (recipe.is_ipv6) {
    append(bytes, {0x60, 0, 0, 2});
    append_16(bytes, size);
    append(bytes, {protocol, 64, 0xfc, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});
    append(bytes, {0xfc, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2});
    return;
  }
  const std::size_t begin = bytes.size();
  append(bytes, {0x45, 0});
  append_16(bytes, 20 + size);
  append_16(bytes, recipe.identification);
  append(bytes, {0, 0, 64, protocol, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2});
  put_word(bytes, begin + 10, 0xffff - naive_sum(std::span(bytes).subspan(begin)));
}

std::uint32_t pseudo_sum(const TunnelFrame& frame, std::span<const std::byte> bytes) {
  const auto addresses = frame.recipe.is_ipv6 ? bytes.subspan(frame.network + 8, 32)
                                              : bytes.subspan(frame.network + 12, 8);
  return fold(naive_sum(addresses) + 17 +
              static_cast<std::uint32_t>(bytes.size() - frame.transport));
}

}  // namespace

TunnelFrame wrap(const SuperFrame& inner, const TunnelRecipe& recipe) {
  const std::size_t begin = carries_ethernet(recipe.kind) ? 0 : inner.headers.network;
  const Bytes header = tunnel_header(recipe, inner.headers.is_ipv6);
  const std::size_t size = header.size() + inner.bytes.size() - begin;
  TunnelFrame frame;
  frame.recipe = recipe;
  Bytes& bytes = frame.bytes;
  append(bytes, {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1});
  for (const VlanTag& tag : recipe.tags) {
    append_16(bytes, static_cast<std::size_t>(tag.type));
    append_16(bytes, tag.control_information());
  }
  const bool has_ip = recipe.kind != TunnelKind::mpls;
  append_16(bytes, !has_ip ? 0x8847U : recipe.is_ipv6 ? 0x86ddU : 0x0800U);
  frame.network = bytes.size();
  if (has_ip) {
    append_ip(bytes, recipe, protocol_of(recipe, inner.headers.is_ipv6), size);
  }
  frame.transport = bytes.size();
  bytes.insert(bytes.end(), header.begin(), header.end());
  frame.inside = bytes.size();
  bytes.insert(bytes.end(), inner.bytes.begin() + static_cast<std::ptrdiff_t>(begin),
               inner.bytes.end());
  if (is_in_udp(recipe.kind)) {
    put_word(bytes, frame.transport + 4, size);
    if (recipe.has_checksum) {
      put_word(bytes, frame.transport + 6, pseudo_sum(frame, bytes));
    }
  }
  frame.offload = inner.offload;
  const std::size_t shift = frame.inside - begin;
  frame.offload.checksum_start = static_cast<std::uint16_t>(frame.offload.checksum_start + shift);
  frame.offload.header_size = static_cast<std::uint16_t>(frame.offload.header_size + shift);
  return frame;
}

Bytes inside_of(const TunnelFrame& frame, std::span<const std::byte> segment) {
  const auto inside = segment.subspan(std::min(frame.inside, segment.size()));
  return {inside.begin(), inside.end()};
}

std::string fault_around(const TunnelFrame& frame, std::span<const std::byte> segment,
                         std::size_t index) {
  if (frame.recipe.kind == TunnelKind::mpls) {
    return std::ranges::equal(segment.first(frame.inside),
                              std::span(frame.bytes).first(frame.inside))
               ? ""
               : "labels";
  }
  const auto ip = segment.subspan(frame.network);
  if (frame.recipe.is_ipv6) {
    if (word_at(ip, 4) != ip.size() - 40) {
      return "outer payload length of IPv6";
    }
  } else if (word_at(ip, 2) != ip.size()) {
    return "outer total length of IPv4";
  } else if (naive_sum(ip.first(20)) != 0xffff) {
    return "outer header checksum of IPv4";
  } else if (word_at(ip, 4) != (frame.recipe.identification + index) % 65'536) {
    return "outer identification of IPv4";
  }
  const auto transport = segment.subspan(frame.transport);
  if (is_in_udp(frame.recipe.kind)) {
    if (word_at(transport, 4) != transport.size()) {
      return "length of UDP";
    }
    const bool is_right = frame.recipe.has_checksum
                              ? fold(pseudo_sum(frame, segment) + naive_sum(transport)) == 0xffff
                              : word_at(transport, 6) == 0;
    return is_right ? "" : "checksum of UDP";
  }
  if (is_in_gre(frame.recipe.kind) && frame.recipe.has_checksum && naive_sum(transport) != 0xffff) {
    return "checksum of GRE";
  }
  return "";
}

}  // namespace tapswitch::test
