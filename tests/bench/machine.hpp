// SPDX-License-Identifier: Apache-2.0
// machine.hpp: asks the operating system for what the measuring programs need besides measuring.
#pragma once

#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <sys/socket.h>

#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

#include <arpa/inet.h>
#include <fmt/format.h>

#include "switch/system/unique_fd.hpp"

namespace tapswitch::bench {

// For a system call that has failed.
[[noreturn]] inline void fail(const char* what) {
  throw std::system_error(errno, std::system_category(), what);
}

inline void stay_on(int core) {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(core, &cores);
  if (sched_setaffinity(0, sizeof(cores), &cores) != 0) {
    fail("sched_setaffinity");
  }
}

constexpr std::uint16_t experimental_ethertype = 0x88b5;  // IEEE 802, 9.2.4; no station answers

// By which frames leave 'interface' past its queueing discipline, and those of 'ethertype' that
// come by it are seen; 0: none. Needs root.
inline UniqueFd open_packet_socket(const std::string& interface, std::uint16_t ethertype = 0) {
  UniqueFd socket(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
  if (!socket.is_open()) {
    fail("socket (needs root)");
  }
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ethertype);
  address.sll_ifindex = static_cast<int>(if_nametoindex(interface.c_str()));
  const int on = 1;
  if (bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
      setsockopt(socket.get(), SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof(on)) != 0) {
    fail(interface.c_str());
  }
  return socket;
}

// A number from the command line.
template <typename Number>
Number number_from(std::string_view text) {
  Number number{};
  const char* const end = text.data() + text.size();
  if (const auto [stop, error] = std::from_chars(text.data(), end, number);
      error != std::errc{} || stop != end) {
    throw std::invalid_argument("'" + std::string(text) + "' is no number of use here");
  }
  return number;
}

// Returns what main() of a measuring program does: 'run' takes the words of the command line behind
// 'name'.
inline int run_program(const char* name, int argc, char** argv, void (*run)(std::span<char*>)) {
  try {
    run(std::span(argv, static_cast<std::size_t>(argc)).subspan(1));
    return EXIT_SUCCESS;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}: {}\n", name, error.what());
    return EXIT_FAILURE;
  }
}

}  // namespace tapswitch::bench
