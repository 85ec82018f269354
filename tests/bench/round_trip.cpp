// SPDX-License-Identifier: Apache-2.0
// round_trip.cpp: how long a small UDP request and its response take, one at a time.
//
//     round_trip serve ADDRESS PORT            returns every datagram, until ended by a signal
//     round_trip ask ADDRESS PORT SECONDS      asks for so long and prints what it took, as JSON
//
// Both ends sleep while they wait, as programs do; so the time that the kernel takes to wake them
// is part of it, and the same whatever switch is between them.
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <arpa/inet.h>
#include <fmt/format.h>

#include "switch/system/unique_fd.hpp"
#include "tests/bench/machine.hpp"

namespace tapswitch::bench {
namespace {

using Clock = std::chrono::steady_clock;
using Microseconds = std::chrono::duration<double, std::micro>;

constexpr std::size_t message_size = 18;  // a frame of 60 bytes
constexpr int warm_up_count = 200;
constexpr timeval patience{.tv_sec = 0, .tv_usec = 200'000};

sockaddr_in address_from(const char* host, const char* port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(number_from<std::uint16_t>(port));
  if (inet_pton(AF_INET, host, &address.sin_addr) != 1) {
    throw std::invalid_argument("ADDRESS is no IPv4 address");
  }
  return address;
}

UniqueFd open_socket() {
  UniqueFd fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (fd.get() < 0) {
    fail("socket");
  }
  return fd;
}

[[noreturn]] void serve(const sockaddr_in& here) {
  const UniqueFd socket = open_socket();
  if (bind(socket.get(), reinterpret_cast<const sockaddr*>(&here), sizeof(here)) != 0) {
    fail("bind");
  }
  for (;;) {
    std::array<std::byte, 2'048> message;
    sockaddr_storage client{};
    socklen_t client_size = sizeof(client);
    const ssize_t size = recvfrom(socket.get(), message.data(), message.size(), 0,
                                  reinterpret_cast<sockaddr*>(&client), &client_size);
    if (size >= 0) {
      (void)!sendto(socket.get(), message.data(), static_cast<std::size_t>(size), 0,
                    reinterpret_cast<const sockaddr*>(&client), client_size);
    }
  }
}

class Asker {
 public:
  explicit Asker(const sockaddr_in& server) : socket_(open_socket()) {
    if (connect(socket_.get(), reinterpret_cast<const sockaddr*>(&server), sizeof(server)) != 0 ||
        setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) != 0) {
      fail("connect");
    }
  }

  // nullopt: lost. A response that comes later is not taken for that of the next request.
  std::optional<Microseconds> ask() {
    ++number_;
    std::array<std::byte, message_size> message{};
    std::memcpy(message.data(), &number_, sizeof(number_));
    const auto begin = Clock::now();
    (void)!send(socket_.get(), message.data(), message.size(), 0);
    std::uint64_t answered = 0;
    while (answered != number_) {
      if (recv(socket_.get(), message.data(), message.size(), 0) < 0) {
        return std::nullopt;
      }
      std::memcpy(&answered, message.data(), sizeof(answered));
    }
    return Clock::now() - begin;
  }

 private:
  UniqueFd socket_;
  std::uint64_t number_ = 0;
};

// The smallest of 'times' that so great a part of them does not exceed.
double quantile(std::vector<double>& times, double part) {
  const auto place =
      times.begin() + static_cast<std::ptrdiff_t>(part * static_cast<double>(times.size() - 1));
  std::nth_element(times.begin(), place, times.end());
  return *place;
}

void ask(const sockaddr_in& server, std::chrono::duration<double> duration) {
  Asker asker(server);
  for (int i = 0; i < warm_up_count; ++i) {
    (void)asker.ask();
  }
  std::vector<double> times;
  int lost = 0;
  const auto end = Clock::now() + duration;
  while (Clock::now() < end) {
    if (const auto time = asker.ask()) {
      times.push_back(time->count());
    } else {
      ++lost;
    }
  }
  if (times.empty()) {
    throw std::runtime_error("no response");
  }
  fmt::print("{{\"count\": {}, \"lost\": {}, \"median\": {:.2f}, \"p99\": {:.2f}}}\n", times.size(),
             lost, quantile(times, 0.5), quantile(times, 0.99));
}

void run(std::span<char*> arguments) {
  const std::string_view verb = arguments.empty() ? "" : arguments[0];
  if (verb == "serve" && arguments.size() == 3) {
    serve(address_from(arguments[1], arguments[2]));
  } else if (verb == "ask" && arguments.size() == 4) {
    ask(address_from(arguments[1], arguments[2]),
        std::chrono::duration<double>(number_from<double>(arguments[3])));
  } else {
    throw std::invalid_argument(
        "usage: round_trip serve ADDRESS PORT | round_trip ask ADDRESS PORT SECONDS");
  }
}

}  // namespace
}  // namespace tapswitch::bench

int main(int argc, char** argv) {
  return tapswitch::bench::run_program("round_trip", argc, argv, tapswitch::bench::run);
}
