// SPDX-License-Identifier: Apache-2.0
#include "tests/support/frame_builder.hpp"

#include <algorithm>
#include <array>

#include "tests/support/wire_bytes.hpp"

namespace tapswitch::test {
namespace {

void append_address(Bytes& frame, MacAddress address) {
  std::array<std::byte, MacAddress::size> octets{};
  address.write(octets.data());
  frame.insert(frame.end(), octets.begin(), octets.end());
}

}  // namespace

FrameBuilder& FrameBuilder::from(MacAddress source) {
  source_ = source;
  return *this;
}

FrameBuilder& FrameBuilder::to(MacAddress destination) {
  destination_ = destination;
  return *this;
}

FrameBuilder& FrameBuilder::tag(VlanTag tag) {
  tags_.push_back(tag);
  return *this;
}

FrameBuilder& FrameBuilder::ether_type(std::uint16_t type) {
  ether_type_ = type;
  return *this;
}

FrameBuilder& FrameBuilder::payload(std::size_t size) {
  payload_.resize(size);
  for (std::size_t i = 0; i < size; ++i) {
    payload_[i] = static_cast<std::byte>(i & 0xff);
  }
  return *this;
}

FrameBuilder& FrameBuilder::payload(std::span<const std::byte> octets) {
  payload_.assign(octets.begin(), octets.end());
  return *this;
}

std::vector<std::byte> FrameBuilder::build() const {
  std::vector<std::byte> frame;
  append_address(frame, destination_);
  append_address(frame, source_);
  for (const VlanTag& tag : tags_) {
    append_16(frame, static_cast<std::uint16_t>(tag.type));
    append_16(frame, tag.control_information());
  }
  append_16(frame, ether_type_);
  frame.insert(frame.end(), payload_.begin(), payload_.end());
  return frame;
}

void fill(FrameBuffer& buffer, std::span<const std::byte> frame, const Offload& offload) {
  std::ranges::copy(frame, buffer.space().begin());
  buffer.assign(frame.size(), offload);
  buffer.find_layout();
}

}  // namespace tapswitch::test
