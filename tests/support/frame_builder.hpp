// SPDX-License-Identifier: Apache-2.0
// frame_builder.hpp: frames for tests, said in one line:
//   FrameBuilder().from(alice).to(bob).tag({.vid = 10}).ether_type(0x88b5).payload(46).build()
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "switch/frame/frame_buffer.hpp"
#include "switch/frame/mac_address.hpp"
#include "switch/frame/vlan_tag.hpp"

namespace tapswitch::test {

// Set aside for local experiments [802-2014, 9.2.3]; no system sends it by itself.
constexpr std::uint16_t test_ether_type = 0x88b5;

class FrameBuilder {
 public:
  FrameBuilder& from(MacAddress source);
  FrameBuilder& to(MacAddress destination);
  // Each call puts a further tag behind those before it.
  FrameBuilder& tag(VlanTag tag);
  FrameBuilder& ether_type(std::uint16_t type);
  // 'size' bytes that count up from 0.
  FrameBuilder& payload(std::size_t size);
  FrameBuilder& payload(std::span<const std::byte> octets);

  [[nodiscard]] std::vector<std::byte> build() const;

 private:
  MacAddress source_{0x0200'0000'0001};
  MacAddress destination_{0x0200'0000'0002};
  std::vector<VlanTag> tags_;
  std::uint16_t ether_type_ = test_ether_type;
  std::vector<std::byte> payload_ = std::vector<std::byte>(46);
};

// Puts 'frame' into 'buffer', with its headers found, as it is when it was received.
void fill(FrameBuffer& buffer, std::span<const std::byte> frame, const Offload& offload = {});

}  // namespace tapswitch::test
