// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/vhost_user/vhost_message.hpp"

#include <cstring>

namespace tapswitch {
namespace {

constexpr std::uint32_t vhost_version = 1;
constexpr std::uint32_t vhost_version_mask = 3;
constexpr std::uint32_t is_reply_flag = 4;
constexpr std::uint32_t wants_reply_flag = 8;

// A kick, call or error says which ring it is of, and that no descriptor comes.
constexpr std::uint64_t ring_mask = 0xff;
constexpr std::uint64_t without_descriptor_flag = 0x100;

enum class Payload : std::uint8_t { unknown, none, number, ring, ring_file, addresses, regions };

Payload payload_of(VhostRequest request) {
  switch (request) {
    case VhostRequest::get_features:
    case VhostRequest::set_owner:
    case VhostRequest::reset_owner:
    case VhostRequest::get_protocol_features:
      return Payload::none;
    case VhostRequest::set_features:
    case VhostRequest::set_protocol_features:
    case VhostRequest::set_mtu:
      return Payload::number;
    case VhostRequest::set_ring_size:
    case VhostRequest::set_ring_base:
    case VhostRequest::get_ring_base:
    case VhostRequest::enable_ring:
      return Payload::ring;
    case VhostRequest::set_ring_kick:
    case VhostRequest::set_ring_call:
    case VhostRequest::set_ring_error:
      return Payload::ring_file;
    case VhostRequest::set_ring_addresses:
      return Payload::addresses;
    case VhostRequest::set_memory:
      return Payload::regions;
  }
  return Payload::unknown;
}

constexpr std::size_t addresses_payload_size = 40;
constexpr std::size_t regions_at = 8;

bool is_size_of(Payload payload, std::size_t size) {
  switch (payload) {
    case Payload::unknown:
      return false;
    case Payload::none:
      return size == 0;
    case Payload::number:
    case Payload::ring:
    case Payload::ring_file:
      return size == 8;
    case Payload::addresses:
      return size == addresses_payload_size;
    case Payload::regions:
      return size >= regions_at && (size - regions_at) % VhostMessage::region_size == 0 &&
             size <= VhostMessage::max_size - VhostMessage::header_size;
  }
  return false;
}

template <class Number>
Number number_at(const std::byte* bytes) {
  Number number{};
  std::memcpy(&number, bytes, sizeof number);
  return number;
}

template <class Number>
void put_number(std::byte* bytes, Number number) {
  std::memcpy(bytes, &number, sizeof number);
}

VhostReply reply_without_payload(VhostRequest request) {
  VhostReply reply;
  put_number(&reply[0], static_cast<std::uint32_t>(request));
  put_number(&reply[4], vhost_version | is_reply_flag);
  put_number(&reply[8], std::uint32_t{8});
  return reply;
}

}  // namespace

VhostMessageReader::State VhostMessageReader::refuse(std::string_view why) {
  fault_ = why;
  return State::invalid;
}

VhostMessageReader::State VhostMessageReader::commit(std::size_t size, std::size_t descriptors) {
  size_ += size;
  descriptors_ += descriptors;
  if (descriptors_ > VhostMessage::most_regions) {
    return refuse("more descriptors came than any message has");
  }
  if (size_ < end_) {
    return State::incomplete;
  }
  return end_ == VhostMessage::header_size ? read_header() : read_payload();
}

VhostMessageReader::State VhostMessageReader::read_header() {
  message_.request = VhostRequest{number_at<std::uint32_t>(&bytes_[0])};
  const auto flags = number_at<std::uint32_t>(&bytes_[4]);
  const std::size_t size = number_at<std::uint32_t>(&bytes_[8]);
  const Payload payload = payload_of(message_.request);
  if (payload == Payload::unknown) {
    return refuse("a request that is not offered");
  }
  if ((flags & vhost_version_mask) != vhost_version || (flags & is_reply_flag) != 0) {
    return refuse("a header that is not of a request of version 1");
  }
  if (!is_size_of(payload, size)) {
    return refuse("a payload of another length than its request has");
  }
  message_.wants_reply = (flags & wants_reply_flag) != 0;
  end_ = VhostMessage::header_size + size;
  return size == 0 ? read_payload() : State::incomplete;
}

VhostMessageReader::State VhostMessageReader::read_payload() {
  const std::byte* const payload = &bytes_[VhostMessage::header_size];
  const std::size_t size = end_ - VhostMessage::header_size;
  switch (payload_of(message_.request)) {
    case Payload::unknown:
    case Payload::none:
      break;
    case Payload::number:
      message_.number = number_at<std::uint64_t>(payload);
      break;
    case Payload::ring:
      message_.ring = number_at<std::uint32_t>(payload);
      message_.number = number_at<std::uint32_t>(payload + 4);
      break;
    case Payload::ring_file: {
      const auto said = number_at<std::uint64_t>(payload);
      message_.ring = static_cast<std::uint32_t>(said & ring_mask);
      message_.has_descriptor = (said & without_descriptor_flag) == 0;
      break;
    }
    case Payload::addresses:
      message_.ring = number_at<std::uint32_t>(payload);
      message_.addresses = {.descriptors = number_at<std::uint64_t>(payload + 8),
                            .used = number_at<std::uint64_t>(payload + 16),
                            .available = number_at<std::uint64_t>(payload + 24)};
      break;
    case Payload::regions:
      message_.region_count = number_at<std::uint32_t>(payload);
      if (message_.region_count > VhostMessage::most_regions ||
          regions_at + message_.region_count * VhostMessage::region_size > size) {
        return refuse("more regions of memory than the message has room for, or than there may be");
      }
      for (std::size_t i = 0; i < message_.region_count; ++i) {
        const std::byte* const region = payload + regions_at + i * VhostMessage::region_size;
        message_.region_space[i] = {.guest = number_at<std::uint64_t>(region),
                                    .size = number_at<std::uint64_t>(region + 8),
                                    .user = number_at<std::uint64_t>(region + 16),
                                    .offset = number_at<std::uint64_t>(region + 24)};
      }
      break;
  }
  return descriptors_ == descriptors_wanted()
             ? State::complete
             : refuse("another count of descriptors than the message has");
}

std::size_t VhostMessageReader::descriptors_wanted() const {
  return message_.region_count + (message_.has_descriptor ? 1U : 0U);
}

VhostReply vhost_reply(VhostRequest request, std::uint64_t number) {
  VhostReply reply = reply_without_payload(request);
  put_number(&reply[VhostMessage::header_size], number);
  return reply;
}

VhostReply vhost_ring_reply(VhostRequest request, std::uint32_t ring, std::uint32_t number) {
  VhostReply reply = reply_without_payload(request);
  put_number(&reply[VhostMessage::header_size], ring);
  put_number(&reply[VhostMessage::header_size + 4], number);
  return reply;
}

}  // namespace tapswitch
