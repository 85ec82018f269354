// SPDX-License-Identifier: Apache-2.0
// frame_sender.cpp: sends one frame over and over, as fast as the interface takes it, until it is
// ended by a signal.
//
//     frame_sender INTERFACE SIZE DESTINATION CORE [STATIONS]
//
// With STATIONS the frames come from so many stations by turns, instead of the interface's own.
// On AF_PACKET past the queueing discipline, many frames a call, and pinned to a core, so that the
// sender is no part of what is measured. What the interface has no room for is lost: the receiving
// end counts. The EtherType is the one for experiments [IEEE 802, 9.2.4], which no station answers.
#include <net/if.h>
#include <netinet/ether.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <linux/if_ether.h>

#include "tests/bench/machine.hpp"

namespace tapswitch::bench {
namespace {

ether_addr address_of(const std::string& interface, const UniqueFd& socket) {
  ifreq request{};
  interface.copy(request.ifr_name, IFNAMSIZ - 1);
  if (ioctl(socket.get(), SIOCGIFHWADDR, &request) != 0) {
    fail("SIOCGIFHWADDR");
  }
  ether_addr address{};
  std::memcpy(&address, request.ifr_hwaddr.sa_data, sizeof(address));
  return address;
}

std::vector<std::uint8_t> build_frame(std::size_t size, const ether_addr& destination,
                                      const ether_addr& source) {
  std::vector<std::uint8_t> frame(std::clamp<std::size_t>(size, ETH_HLEN, ETH_FRAME_LEN));
  std::memcpy(frame.data(), &destination, ETH_ALEN);
  std::memcpy(frame.data() + ETH_ALEN, &source, ETH_ALEN);
  frame[12] = experimental_ethertype >> 8;
  frame[13] = experimental_ethertype & 0xff;
  return frame;
}

// Writes the address of station 'number', of those that are administered locally.
void set_source(std::vector<std::uint8_t>& frame, std::uint32_t number) {
  std::uint8_t* const source = frame.data() + ETH_ALEN;
  source[0] = 0x06;
  source[1] = 0;
  const std::uint32_t in_network_order = htonl(number);
  std::memcpy(source + 2, &in_network_order, sizeof(in_network_order));
}

// 'stations' is 0 where all frames are alike.
[[noreturn]] void send_for_ever(const UniqueFd& socket, const std::vector<std::uint8_t>& frame,
                                std::uint32_t stations) {
  constexpr std::size_t batch = 64;
  std::vector<std::vector<std::uint8_t>> frames(batch, frame);
  std::array<iovec, batch> parts{};
  std::array<mmsghdr, batch> messages{};
  for (std::size_t i = 0; i < batch; ++i) {
    parts[i] = {.iov_base = frames[i].data(), .iov_len = frames[i].size()};
    messages[i].msg_hdr.msg_iov = &parts[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  for (std::uint32_t number = 0;;) {
    for (std::size_t i = 0; stations > 0 && i < batch; ++i) {
      set_source(frames[i], number);
      number = (number + 1) % stations;
    }
    (void)sendmmsg(socket.get(), messages.data(), messages.size(), 0);
  }
}

void run(std::span<char*> arguments) {
  if (arguments.size() < 4 || arguments.size() > 5) {
    throw std::invalid_argument("usage: frame_sender INTERFACE SIZE DESTINATION CORE [STATIONS]");
  }
  ether_addr destination{};
  if (ether_aton_r(arguments[2], &destination) == nullptr) {
    throw std::invalid_argument("DESTINATION is no MAC address");
  }
  stay_on(number_from<int>(arguments[3]));
  const UniqueFd socket = open_packet_socket(arguments[0]);
  send_for_ever(socket,
                build_frame(number_from<std::size_t>(arguments[1]), destination,
                            address_of(arguments[0], socket)),
                arguments.size() == 5 ? number_from<std::uint32_t>(arguments[4]) : 0);
}

}  // namespace
}  // namespace tapswitch::bench

int main(int argc, char** argv) {
  return tapswitch::bench::run_program("frame_sender", argc, argv, tapswitch::bench::run);
}
