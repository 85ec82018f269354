// SPDX-License-Identifier: Apache-2.0
// many_links.cpp: how long frames take to the other end of many links and back.
//
//     many_links LINKS FRAMES_A_SECOND SECONDS
//
// Link 3 has its ends at the interfaces a3 and b3: what is sent at the one comes out at the other,
// which returns it. Frames are sent by turns, evenly in time, and FRAMES_A_SECOND of them in all;
// when the time is over, those under way have a second more. Prints as JSON how many were 'sent'
// and the 'times' of those that came back, in nanoseconds.
#include <net/ethernet.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "tests/bench/machine.hpp"

namespace tapswitch::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t shortest_frame = 60;
constexpr std::chrono::seconds grace{1};

using Address = std::array<std::uint8_t, ETH_ALEN>;

constexpr Address nobody{0x02, 0x66, 0xff, 0xff, 0xff, 0xff};

struct Frame {
  Address destination;
  Address source;
  std::uint16_t type = htons(experimental_ethertype);
  Clock::time_point sent;
  std::array<std::byte, 36> padding{};
};
static_assert(sizeof(Frame) >= shortest_frame && sizeof(Frame) <= ETH_FRAME_LEN);

Address address_of(std::uint8_t side, std::uint16_t link) {
  return {
      0x02, 0x66, side, 0, static_cast<std::uint8_t>(link >> 8), static_cast<std::uint8_t>(link)};
}

// The interface at one end of a link.
struct End {
  End(std::uint8_t side, std::uint16_t link)
      : socket(open_packet_socket(fmt::format("{}{}", side == 0 ? 'a' : 'b', link),
                                  experimental_ethertype)) {}

  // A frame that the interface has no room for is lost, as on a wire.
  void send(const Frame& frame) const { (void)!::send(socket.get(), &frame, sizeof frame, 0); }

  // Returns whether there was one.
  bool receive(Frame& frame) const {
    return recv(socket.get(), &frame, sizeof frame, MSG_DONTWAIT) ==
           static_cast<ssize_t>(sizeof frame);
  }

  UniqueFd socket;
};

class Links {
 public:
  explicit Links(std::uint16_t count) : waiting_(epoll_create1(EPOLL_CLOEXEC)) {
    for (std::uint16_t link = 0; link < count; ++link) {
      for (const std::uint8_t side : {std::uint8_t{0}, std::uint8_t{1}}) {
        epoll_event wanted{.events = EPOLLIN, .data = {.u64 = ends_.size()}};
        ends_.emplace_back(side, link);
        if (epoll_ctl(waiting_.get(), EPOLL_CTL_ADD, ends_.back().socket.get(), &wanted) != 0) {
          fail("epoll_ctl");
        }
      }
    }
  }

  // Has the switch know where each end is.
  void introduce() {
    for (std::size_t end = 0; end < ends_.size(); ++end) {
      Frame frame = frame_from(end);
      frame.destination = nobody;
      ends_[end].send(frame);
    }
  }

  void run(std::uint32_t a_second, std::chrono::seconds time) {
    const auto interval = std::chrono::nanoseconds(std::chrono::seconds(1)) / a_second;
    const auto begin = Clock::now();
    const auto end = begin + time;
    auto next = begin;
    for (auto now = begin; now < end + grace; now = Clock::now()) {
      for (; next <= now && next < end; next += interval) {
        send_next();
      }
      hear_until(next < end ? next : end + grace);
    }
  }

  void print() const {
    fmt::print("{{\"sent\": {}, \"times\": [{}]}}\n", sent_, fmt::join(times_, ", "));
  }

 private:
  [[nodiscard]] static Frame frame_from(std::size_t end) {
    const auto link = static_cast<std::uint16_t>(end / 2);
    const auto side = static_cast<std::uint8_t>(end % 2);
    return {.destination = address_of(static_cast<std::uint8_t>(1 - side), link),
            .source = address_of(side, link),
            .sent = Clock::now()};
  }

  void send_next() {
    ends_[turn_].send(frame_from(turn_));
    turn_ = (turn_ + 2) % ends_.size();
    ++sent_;
  }

  void hear_until(Clock::time_point end) {
    const auto patience =
        std::max<std::chrono::nanoseconds>(end - Clock::now(), std::chrono::nanoseconds(0));
    const timespec time{
        .tv_sec = patience / std::chrono::seconds(1),
        .tv_nsec = patience % std::chrono::seconds(1) / std::chrono::nanoseconds(1)};
    std::array<epoll_event, 64> heard{};
    const int count = epoll_pwait2(waiting_.get(), heard.data(), heard.size(), &time, nullptr);
    for (int i = 0; i < count; ++i) {
      hear(heard[static_cast<std::size_t>(i)].data.u64);
    }
  }

  // Takes one frame: if there are more, the next call of hear_until() is told of them.
  void hear(std::size_t end) {
    Frame frame{};
    if (!ends_[end].receive(frame) || frame.destination != frame_from(end).source) {
      return;  // or it introduces somebody
    }
    if (end % 2 == 0) {
      times_.push_back(std::chrono::nanoseconds(Clock::now() - frame.sent).count());
    } else {
      std::swap(frame.destination, frame.source);
      ends_[end].send(frame);
    }
  }

  UniqueFd waiting_;
  std::vector<End> ends_;  // of link 0 a and b, of link 1 a and b ...
  std::size_t turn_ = 0;
  std::uint64_t sent_ = 0;
  std::vector<std::int64_t> times_;
};

void run(std::span<char*> arguments) {
  if (arguments.size() != 3) {
    throw std::invalid_argument("usage: many_links LINKS FRAMES_A_SECOND SECONDS");
  }
  Links links(number_from<std::uint16_t>(arguments[0]));
  links.introduce();
  links.run(number_from<std::uint32_t>(arguments[1]),
            std::chrono::seconds(number_from<std::uint32_t>(arguments[2])));
  links.print();
}

}  // namespace
}  // namespace tapswitch::bench

int main(int argc, char** argv) {
  return tapswitch::bench::run_program("many_links", argc, argv, tapswitch::bench::run);
}
