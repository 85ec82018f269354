// SPDX-License-Identifier: Apache-2.0
// plug_rate.cpp: how many frames a second two clients exchange through a switch into which they are
// plugged by sockets: by QEMU's streams, or by VDE. Prints the rate at the receiving client.
//
//     plug_rate stream SOCKET SOCKET SIZE SECONDS     two Unix sockets at which the switch listens
//     plug_rate vde DIRECTORY DIRECTORY SIZE SECONDS  twice the same for clients of one switch
//
// The clients do what QEMU does: one write a frame; on a stream a read takes as much as there is.
// The sender waits for room, so that what the switch loses is lost in the switch.
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "switch/ports/socket/stream_deframer.hpp"
#include "switch/system/socket_address.hpp"
#include "switch/system/unique_fd.hpp"
#include "tests/bench/machine.hpp"

namespace tapswitch::bench {
namespace {

using Bytes = std::vector<std::byte>;

UniqueFd connected(const std::string& path) {
  const auto address = SocketAddress::of_path(path);
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!address || ::connect(fd.get(), address->get(), address->size()) != 0) {
    fail(path.c_str());
  }
  return fd;
}

// One end of a cable.
class Plug {
 public:
  virtual ~Plug() = default;
  virtual void send(const Bytes& frame) = 0;
  // How many frames have come, after waiting for some.
  virtual std::size_t receive() = 0;
  [[nodiscard]] virtual int descriptor() const = 0;
};

class StreamPlug final : public Plug {
 public:
  explicit StreamPlug(const std::string& path) : socket_(connected(path)) {}

  void send(const Bytes& frame) override {
    message_.resize(StreamDeframer::length_size);
    write_frame_length(std::span(message_).first<StreamDeframer::length_size>(), frame.size());
    message_.insert(message_.end(), frame.begin(), frame.end());
    for (std::span<const std::byte> rest(message_); !rest.empty();) {
      const ssize_t size = ::send(socket_.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
      if (size < 0) {
        fail("send");
      }
      rest = rest.subspan(static_cast<std::size_t>(size));
    }
  }

  std::size_t receive() override {
    const auto space = deframer_.space();
    const ssize_t size = ::recv(socket_.get(), space.data(), space.size(), 0);
    if (size <= 0) {
      fail("recv");
    }
    deframer_.commit(static_cast<std::size_t>(size));
    std::size_t frames = 0;
    while (deframer_.next().kind == StreamDeframer::Found::Kind::frame) {
      ++frames;
    }
    return frames;
  }

  [[nodiscard]] int descriptor() const override { return socket_.get(); }

 private:
  UniqueFd socket_;
  StreamDeframer deframer_;
  Bytes message_;  // its memory is used again
};

// As the protocol of VDE has it, version 3.
class VdePlug final : public Plug {
 public:
  VdePlug(const std::string& directory, const std::string& own_path)
      : control_(connected(directory + "/ctl")),
        own_path_(own_path),
        data_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    struct [[gnu::packed]] {
      std::uint32_t magic = 0xfeedface;
      std::uint32_t version = 3;
      std::uint32_t type = 0;
      sockaddr_un address{};
      char description[10] = "plug_rate";
    } request;
    request.address.sun_family = AF_UNIX;
    own_path_.copy(request.address.sun_path, sizeof request.address.sun_path - 1);
    const auto own = SocketAddress::of_path(own_path_);
    sockaddr_un answer{};
    if (!own || ::bind(data_.get(), own->get(), own->size()) != 0 ||
        ::send(control_.get(), &request, sizeof request, 0) != sizeof request ||
        ::recv(control_.get(), &answer, sizeof answer, MSG_WAITALL) != sizeof answer ||
        ::connect(data_.get(), reinterpret_cast<const sockaddr*>(&answer), sizeof answer) != 0) {
      fail(directory.c_str());
    }
  }
  VdePlug(const VdePlug&) = delete;
  VdePlug& operator=(const VdePlug&) = delete;
  ~VdePlug() override { ::unlink(own_path_.c_str()); }

  void send(const Bytes& frame) override {
    if (::send(data_.get(), frame.data(), frame.size(), MSG_NOSIGNAL) < 0) {
      fail("send");
    }
  }

  std::size_t receive() override {
    std::byte frame[2048];
    if (::recv(data_.get(), frame, sizeof frame, 0) < 0) {
      fail("recv");
    }
    return 1;
  }

  [[nodiscard]] int descriptor() const override { return data_.get(); }

 private:
  UniqueFd control_;
  std::string own_path_;
  UniqueFd data_;
};

std::unique_ptr<Plug> plug_in(const std::string& kind, const std::string& place, int number) {
  if (kind == "stream") {
    return std::make_unique<StreamPlug>(place);
  }
  if (kind == "vde") {
    return std::make_unique<VdePlug>(place,
                                     fmt::format("/tmp/plug_rate.{}.{}", ::getpid(), number));
  }
  throw std::invalid_argument("the kind is 'stream' or 'vde'");
}

Bytes make_frame(std::size_t size, std::uint8_t from, std::uint8_t to) {
  Bytes frame(std::max<std::size_t>(size, 14));
  frame[0] = frame[6] = std::byte{2};
  frame[5] = std::byte{to};
  frame[11] = std::byte{from};
  frame[12] = std::byte{0x88};
  frame[13] = std::byte{0xb5};
  return frame;
}

void run(std::span<char*> arguments) {
  if (arguments.size() != 5) {
    throw std::invalid_argument("usage: plug_rate stream|vde PLACE PLACE SIZE SECONDS");
  }
  const auto sender = plug_in(arguments[0], arguments[1], 1);
  const auto receiver = plug_in(arguments[0], arguments[2], 2);
  const auto size = number_from<std::size_t>(arguments[3]);
  const std::chrono::duration<double> time(number_from<double>(arguments[4]));

  // So that the switch knows where both are before frames count. It may take a moment to have them
  // on, and may know their addresses from somewhere else.
  pollfd answer{.fd = sender->descriptor(), .events = POLLIN, .revents = 0};
  do {
    sender->send(make_frame(size, 1, 2));
    receiver->send(make_frame(size, 2, 1));
  } while (::poll(&answer, 1, 100) == 0);
  std::atomic<std::uint64_t> received = 0;
  std::thread([&] {
    for (;;) {
      received += receiver->receive();
    }
  }).detach();
  std::thread([&, frame = make_frame(size, 1, 2)] {
    for (;;) {
      sender->send(frame);
    }
  }).detach();
  std::this_thread::sleep_for(std::chrono::milliseconds(500));  // until buffers are full
  const auto begin = std::chrono::steady_clock::now();
  const std::uint64_t before = received;
  std::this_thread::sleep_for(time);
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begin;
  fmt::print("{:.0f}\n", static_cast<double>(received - before) / passed.count());
  std::fflush(stdout);
  // The threads run until the end.
  ::unlink(fmt::format("/tmp/plug_rate.{}.1", ::getpid()).c_str());
  ::unlink(fmt::format("/tmp/plug_rate.{}.2", ::getpid()).c_str());
  ::_exit(EXIT_SUCCESS);
}

}  // namespace
}  // namespace tapswitch::bench

int main(int argc, char** argv) {
  return tapswitch::bench::run_program("plug_rate", argc, argv, tapswitch::bench::run);
}
