// SPDX-License-Identifier: Apache-2.0
#include "switch/frame/checksum.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>

#include <boost/crc.hpp>

#include "switch/frame/octets.hpp"
#include "switch/frame/transport_fields.hpp"

namespace tapswitch {
namespace {

// The other order if the machine's is not that of the wire, and back.
constexpr std::uint16_t swap_unless_big_endian(std::uint16_t word) {
  if constexpr (std::endian::native == std::endian::big) {
    return word;
  } else {
    return static_cast<std::uint16_t>(word << 8 | word >> 8);
  }
}

constexpr std::uint64_t low_half = 0xffff'ffff;

std::uint64_t sum_of_halves(std::uint64_t word) { return (word & low_half) + (word >> 32); }

// Two words in a vector register: GCC 12 at -O2 makes no vectors of a plain loop. Longer vectors
// than the registers have it takes apart badly.
using Lanes [[gnu::vector_size(16)]] = std::uint64_t;

struct Block {
  Lanes first;
  Lanes second;
};

// The halves are summed apart, so that nothing is carried before the end.
std::uint64_t sum_of_blocks(const std::byte* bytes, std::size_t count) {
  Lanes low{};
  Lanes high{};
  Lanes other_low{};
  Lanes other_high{};
  for (std::size_t i = 0; i < count; ++i) {
    Block block;
    std::memcpy(&block, bytes + i * sizeof block, sizeof block);
    low += block.first & low_half;
    high += block.first >> 32;
    other_low += block.second & low_half;
    other_high += block.second >> 32;
  }
  const Lanes sums = low + high + other_low + other_high;
  return sums[0] + sums[1];
}

// Returns the address at the end of the way that the routing header at the beginning of 'bytes'
// tells; empty if it tells none, or the way has come there.
std::span<const std::byte> end_of_way(std::span<const std::byte> bytes) {
  constexpr std::size_t list = 8;
  constexpr std::size_t least_size = list + ipv6_address_size;
  constexpr std::byte source_route{0};
  constexpr std::byte mobility{2};
  constexpr std::byte segment_routing{4};
  const std::byte type = bytes[2];
  const std::byte segments_left = bytes[3];
  if (bytes.size() < least_size || segments_left == std::byte{0}) {
    return {};
  }
  if (type == segment_routing) {  // its list begins with the last [RFC 8754 2]
    return bytes.subspan(list, ipv6_address_size);
  }
  return type == source_route || type == mobility ? bytes.last(ipv6_address_size)
                                                  : std::span<const std::byte>();
}

// The destination that whoever summed the pseudo-header of 'ip', whose transport lies so, had.
std::span<const std::byte> destination_of(std::span<const std::byte> ip, std::size_t transport) {
  constexpr std::byte routing{43};
  std::byte kind = ip[ipv6_next_header];
  for (std::size_t begin = ipv6_size; begin < transport;) {
    const std::size_t size = (std::to_integer<std::size_t>(ip[begin + 1]) + 1) * 8;
    const auto end =
        kind == routing ? end_of_way(ip.subspan(begin, size)) : std::span<const std::byte>();
    if (!end.empty()) {
      return end;
    }
    kind = ip[begin];
    begin += size;
  }
  return ip.subspan(ipv6_addresses + ipv6_address_size, ipv6_address_size);
}

}  // namespace

void ChecksumSum::add(std::span<const std::byte> bytes) {
  const std::size_t block_count = bytes.size() / sizeof(Block);
  sum_ += sum_of_blocks(bytes.data(), block_count);
  bytes = bytes.subspan(block_count * sizeof(Block));
  std::uint64_t word = 0;
  for (; bytes.size() >= sizeof word; bytes = bytes.subspan(sizeof word)) {
    std::memcpy(&word, bytes.data(), sizeof word);
    sum_ += sum_of_halves(word);
  }
  // An IPv4 header leaves four bytes, which are not worth a call to memcpy().
  std::uint32_t half = 0;
  if (bytes.size() >= sizeof half) {
    std::memcpy(&half, bytes.data(), sizeof half);
    sum_ += half;
    bytes = bytes.subspan(sizeof half);
  }
  // A byte that is left counts as if zeroes followed it.
  if (!bytes.empty()) {
    half = 0;
    std::memcpy(&half, bytes.data(), bytes.size());
    sum_ += half;
  }
}

void ChecksumSum::add(std::uint16_t word) { sum_ += swap_unless_big_endian(word); }

std::uint16_t ChecksumSum::folded() const {
  std::uint64_t sum = sum_of_halves(sum_);
  while (sum > 0xffff) {
    sum = (sum >> 16) + (sum & 0xffff);
  }
  return swap_unless_big_endian(static_cast<std::uint16_t>(sum));
}

ChecksumSum sum_of_pseudo_header(std::span<const std::byte> frame, const HeaderLayout& headers,
                                 std::size_t size) {
  const std::span<const std::byte> ip = frame.subspan(headers.network);
  ChecksumSum sum;
  if (headers.is_ipv6) {
    sum.add(ip.subspan(ipv6_addresses, ipv6_address_size));
    sum.add(destination_of(ip, headers.transport - headers.network));
  } else {
    sum.add(ip.subspan(ipv4_addresses, 8));
  }
  sum.add(static_cast<std::uint16_t>(headers.kind));
  sum.add(as_word(size));
  return sum;
}

void finish_checksum(std::span<std::byte> frame, Offload& offload) {
  if (!offload.needs_checksum) {
    return;
  }
  assert(std::size_t{offload.checksum_start} + offload.checksum_offset + 2 <= frame.size());
  const std::span<std::byte> covered = frame.subspan(offload.checksum_start);
  ChecksumSum sum;
  sum.add(covered);
  const std::uint16_t checksum = sum.checksum();
  store_16(&covered[offload.checksum_offset], checksum != 0 ? checksum : 0xffff);
  offload.needs_checksum = false;
}

// The sum alone of all numbers in a frame stands with its least octet first.
void write_sctp_checksum(std::span<std::byte> packet) {
  assert(packet.size() >= sctp_size);
  constexpr std::uint32_t castagnoli = 0x1edc6f41;
  constexpr std::uint32_t ones = 0xffff'ffff;
  const std::span<std::byte> field = packet.subspan(sctp_checksum, sizeof(std::uint32_t));
  store_32(field.data(), 0);
  boost::crc_optimal<32, castagnoli, ones, ones, true, true> sum;
  sum.process_bytes(packet.data(), packet.size());
  store_32(field.data(), sum.checksum());
  std::ranges::reverse(field);
}

}  // namespace tapswitch
