// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/vde/vde_request.hpp"

#include <sys/un.h>

#include <algorithm>
#include <cstring>

namespace tapswitch {
namespace {

constexpr std::uint32_t magic = 0xfeedface;
constexpr std::uint32_t ordinary_port = 0;  // what the low bits of a type say
constexpr std::size_t number_shift = 8;
constexpr std::size_t word_size = 4;
constexpr std::size_t mac_size = 6;  // version 1 has one, which nobody uses

std::uint32_t read_word(std::span<const std::byte> bytes, std::size_t index) {
  std::uint32_t word = 0;
  std::memcpy(&word, bytes.data() + index * word_size, word_size);
  return word;
}

// Returns what stands before the first NUL, or all.
std::string text_in(std::span<const std::byte> bytes) {
  std::string text;
  for (const std::byte octet : bytes) {
    if (octet == std::byte{0}) {
      break;
    }
    text += static_cast<char>(octet);
  }
  return text;
}

}  // namespace

VdeRequest::State VdeRequest::read(std::span<const std::byte> bytes, VdeRequest& request) {
  if (bytes.size() < 2 * word_size) {
    return State::incomplete;
  }
  const std::uint32_t version = read_word(bytes, 1);
  const bool is_version_3 = version == 3;
  // In version 1 this word is the type, for it has none for a version.
  if (read_word(bytes, 0) != magic || (!is_version_3 && version > 1)) {
    return State::invalid;
  }
  const std::size_t address_offset = is_version_3 ? 3 * word_size : 2 * word_size + mac_size;
  if (bytes.size() < address_offset + sizeof(sockaddr_un)) {
    return State::incomplete;
  }
  const std::uint32_t type = read_word(bytes, is_version_3 ? 2 : 1);
  sockaddr_un address{};
  std::memcpy(&address, bytes.data() + address_offset, sizeof address);
  const auto path = std::as_bytes(std::span(address.sun_path));
  if ((type & 0xff) != ordinary_port || address.sun_family != AF_UNIX ||
      std::ranges::find(path, std::byte{0}) == path.end()) {
    return State::invalid;
  }
  request.wished_number = type >> number_shift;
  request.path = text_in(path);
  request.description = text_in(bytes.subspan(address_offset + sizeof address));
  std::ranges::replace_if(
      request.description, [](char c) { return c < ' ' || c > '~'; }, '?');
  return State::complete;
}

std::vector<std::byte> VdeRequest::answer(const SocketAddress& address) {
  std::vector<std::byte> bytes(sizeof(sockaddr_un));
  std::memcpy(bytes.data(), address.get(), std::min<std::size_t>(address.size(), bytes.size()));
  return bytes;
}

}  // namespace tapswitch
