// SPDX-License-Identifier: Apache-2.0
// forward_bench.cpp: how many 60-byte frames a second one thread carries from one TAP to another:
// the switch beside the bare loop of read and write, in interleaved rounds of one run, as a ratio.
//
// The sender, on AF_PACKET past the queueing discipline, runs on the first core and the thread that
// is measured on the second. Frames are counted by the kernel at the interface that receives them.
// Needs root; works in a network namespace of its own, which is gone with the process.
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "switch/engine/switch.hpp"
#include "switch/ports/tap/tap_port.hpp"
#include "switch/system/link_reader.hpp"
#include "tests/bench/machine.hpp"
#include "tests/support/frame_builder.hpp"

namespace tapswitch::bench {
namespace {

using namespace std::chrono_literals;

constexpr MacAddress sender_station{0x0200'0000'000a};
constexpr MacAddress receiver_station{0x0200'0000'000b};
constexpr int sender_core = 0;
constexpr int forwarder_core = 1;
constexpr int round_count = 7;
constexpr auto round_time = 1s;

void enter_own_namespace() {
  if (unshare(CLONE_NEWNET) != 0) {
    fail("unshare (needs root)");
  }
  // An interface that comes up would otherwise send frames of its own.
  std::ofstream("/proc/sys/net/ipv6/conf/default/disable_ipv6") << 1;
}

std::unique_ptr<TapPort> open_tap(const std::string& name) {
  TapOptions options;
  options.interface = name;
  return std::move(TapPort::open(options).value());
}

// Sends the same frame as fast as the kernel takes it, until told to stop.
void send_until(const std::atomic<bool>& is_over, const UniqueFd& socket,
                std::vector<std::byte> frame) {
  stay_on(sender_core);
  iovec part{.iov_base = frame.data(), .iov_len = frame.size()};
  std::array<mmsghdr, 64> messages{};
  for (mmsghdr& message : messages) {
    message.msg_hdr.msg_iov = &part;
    message.msg_hdr.msg_iovlen = 1;
  }
  while (!is_over.load(std::memory_order_relaxed)) {
    (void)sendmmsg(socket.get(), messages.data(), messages.size(), 0);
  }
}

std::uint64_t received_frames(const std::string& interface) {
  LinkReader reader;
  const UniqueFd here = NetNamespaceRef("/proc/thread-self/ns/net").open().value();
  return reader.find(here.get(), interface).value().statistics.received_frames;
}

// A carrier takes frames from "<name>a" to "<name>b".
struct Carrier {
  std::string name;
  std::vector<double> rates;  // frames per second, one a round

  [[nodiscard]] double median() const {
    std::vector<double> sorted = rates;
    std::sort(sorted.begin(), sorted.end());
    return sorted[sorted.size() / 2];
  }
};

// One round: sends for a while and counts what arrives.
void measure(Carrier& carrier) {
  const UniqueFd socket = open_packet_socket(carrier.name + "a");
  std::atomic<bool> is_over = false;
  std::thread sender([&] {
    send_until(is_over, socket,
               test::FrameBuilder().from(sender_station).to(receiver_station).payload(46).build());
  });
  std::this_thread::sleep_for(200ms);
  const auto begin = std::chrono::steady_clock::now();
  const std::uint64_t before = received_frames(carrier.name + "b");
  std::this_thread::sleep_for(round_time);
  const std::uint64_t after = received_frames(carrier.name + "b");
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
  is_over = true;
  sender.join();
  carrier.rates.push_back(static_cast<double>(after - before) / elapsed.count());
}

// The floor: nothing but poll, read and write.
void bare_loop(const std::atomic<bool>& is_over, const TapPort& in, const TapPort& out) {
  stay_on(forwarder_core);
  std::vector<char> buffer(65'536);
  pollfd waiting{.fd = in.descriptor(0), .events = POLLIN, .revents = 0};
  while (!is_over.load(std::memory_order_relaxed)) {
    if (poll(&waiting, 1, 100) <= 0) {
      continue;
    }
    for (int i = 0; i < 64; ++i) {
      const ssize_t size = read(in.descriptor(0), buffer.data(), buffer.size());
      if (size <= 0) {
        break;
      }
      (void)!write(out.descriptor(0), buffer.data(), static_cast<std::size_t>(size));
    }
  }
}

void print(const Carrier& carrier) {
  const auto [low, high] = std::minmax_element(carrier.rates.begin(), carrier.rates.end());
  fmt::print("{:<12} {:8.0f} frames/s  (median of {}; {:.0f} to {:.0f})\n", carrier.name,
             carrier.median(), carrier.rates.size(), *low, *high);
}

void run() {
  enter_own_namespace();

  Carrier bare{.name = "bare", .rates = {}};
  const auto bare_in = open_tap("barea");
  const auto bare_out = open_tap("bareb");
  std::atomic<bool> is_over = false;
  std::thread loop([&] { bare_loop(is_over, *bare_in, *bare_out); });

  Carrier tapswitch{.name = "tapswitch", .rates = {}};
  stay_on(forwarder_core);  // for the worker, which inherits it
  WorkerPool pool(1);
  Switch engine(pool);
  (void)*engine.add_port(open_tap("tapswitcha"), {});
  (void)*engine.add_port(open_tap("tapswitchb"), {});
  // So that the frames that are measured are known unicast.
  const auto greeting = test::FrameBuilder().from(receiver_station).to(sender_station).build();
  (void)!send(open_packet_socket("tapswitchb").get(), greeting.data(), greeting.size(), 0);

  stay_on(sender_core);
  for (int round = 0; round < round_count; ++round) {
    measure(bare);
    measure(tapswitch);
  }
  is_over = true;
  loop.join();

  std::vector<double> ratios;
  for (std::size_t i = 0; i < bare.rates.size(); ++i) {
    ratios.push_back(tapswitch.rates[i] / bare.rates[i]);
  }
  const Carrier ratio{.name = "ratio", .rates = ratios};
  const auto [low, high] = std::minmax_element(ratios.begin(), ratios.end());
  print(bare);
  print(tapswitch);
  fmt::print("ratio        {:8.3f}           ({:.3f} to {:.3f})\n", ratio.median(), *low, *high);
}

}  // namespace
}  // namespace tapswitch::bench

int main() {
  try {
    tapswitch::bench::run();
  } catch (const std::exception& error) {
    fmt::print(stderr, "forward_bench: {}\n", error.what());
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}
