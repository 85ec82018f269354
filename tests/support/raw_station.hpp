// SPDX-License-Identifier: Apache-2.0
// raw_station.hpp: an AF_PACKET socket on an interface: it transmits frames as they are given and
// hears what the interface receives, tags included. Needs root.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "switch/system/unique_fd.hpp"
#include "tests/support/frame_builder.hpp"
#include "tests/support/temporary_namespace.hpp"
#include "tests/support/wait.hpp"

namespace tapswitch::test {

class RawStation {
 public:
  // On 'interface' in the namespace of the calling thread, hearing frames of 'ether_type' only (the
  // EtherType behind the tags). Throws std::system_error.
  explicit RawStation(const std::string& interface, std::uint16_t ether_type = test_ether_type);

  // The same in 'name_space'.
  RawStation(const TemporaryNamespace& name_space, const std::string& interface,
             std::uint16_t ether_type = test_ether_type);

  // Transmits one frame. False if the kernel refuses it.
  bool send(std::span<const std::byte> frame);

  // The next frame received (never one that was sent here), with the tag the kernel took off put
  // back; nullopt if none comes within 'at_most'.
  [[nodiscard]] std::optional<std::vector<std::byte>> receive(
      std::chrono::milliseconds at_most = patience);

  [[nodiscard]] int descriptor() const { return fd_.get(); }

 private:
  void open(const std::string& interface);
  [[nodiscard]] std::optional<std::vector<std::byte>> take();

  UniqueFd fd_;
  std::uint16_t ether_type_;
};

}  // namespace tapswitch::test
