// SPDX-License-Identifier: Apache-2.0
// vde_door_fixture.hpp: a door, and clients that speak as the test likes.
#pragma once

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "switch/ports/vde/vde_door.hpp"
#include "tests/server/temporary_directory.hpp"
#include "tests/support/stream_peer.hpp"
#include "tests/support/wait.hpp"

namespace tapswitch::test {

using Bytes = std::vector<std::byte>;

struct [[gnu::packed]] Request {
  std::uint32_t magic = 0xfeedface;
  std::uint32_t version = 3;
  std::uint32_t type = 0;
  sockaddr_un address{};
  char description[8] = "a test";
};

class VdeClient {
 public:
  VdeClient(const SocketAddress& control, const std::string& own_path)
      : control_(control), path_(own_path) {
    data_.reset(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const auto own = *SocketAddress::of_path(path_);
    std::filesystem::remove(path_);
    EXPECT_EQ(::bind(data_.get(), own.get(), own.size()), 0);
  }

  [[nodiscard]] Request request() const {
    Request request;
    request.address.sun_family = AF_UNIX;
    std::memcpy(request.address.sun_path, path_.data(), path_.size());
    return request;
  }

  bool write(const Request& request) {
    return control_.write(std::as_bytes(std::span(&request, 1)));
  }

  // Whether the switch takes us in: then frames go to where its answer says.
  bool is_answered() {
    sockaddr_un address{};
    if (!wait_until_readable(control_.descriptor()) ||
        ::recv(control_.descriptor(), &address, sizeof address, 0) != sizeof address) {
      return false;
    }
    place_ = address.sun_path;
    return ::connect(data_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }

  bool send(const Bytes& frame) {
    return ::send(data_.get(), frame.data(), frame.size(), 0) == static_cast<ssize_t>(frame.size());
  }

  Bytes wait_for_frame() {
    Bytes frame(2000);
    EXPECT_TRUE(wait_until_readable(data_.get()));
    const ssize_t size = ::recv(data_.get(), frame.data(), frame.size(), MSG_DONTWAIT);
    frame.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    return frame;
  }

  bool wait_for_end() { return control_.wait_for_end(); }
  void leave() { control_.close(); }
  [[nodiscard]] int descriptor() const { return control_.descriptor(); }
  [[nodiscard]] const std::string& place() const { return place_; }

 private:
  StreamPeer control_;
  std::string path_;
  std::string place_;
  UniqueFd data_;
};

class VdeDoorTest : public testing::Test {
 protected:
  void SetUp() override { open({}); }

  void open(const FileAccess& access) {
    door_.reset();
    auto door = VdeDoor::open({.directory = place_, .access = access});
    ASSERT_TRUE(door) << door.error().message();
    door_ = std::move(*door);
  }

  VdeClient client() { return {control_, directory_.file("client." + std::to_string(++clients_))}; }

  // Has the door work until there is a guest.
  std::unique_ptr<VdeGuest> next_guest() {
    door_->answer();
    auto guest = door_->take_guest();
    while (!guest && wait_until_readable(door_->bell())) {
      door_->answer();
      guest = door_->take_guest();
    }
    return guest;
  }

  // Has it work until there is nothing to do now.
  void work() {
    while (wait_until_readable(door_->bell(), std::chrono::milliseconds(0))) {
      door_->answer();
    }
  }

  // Has it work until the connection ends.
  template <class Peer>
  bool is_hung_up_on(Peer& peer) {
    return wait_until([&] {
             work();
             return wait_until_readable(peer.descriptor(), std::chrono::milliseconds(1));
           }) &&
           peer.wait_for_end();
  }

  std::unique_ptr<VdeGuest> take_in(VdeClient& client, std::uint32_t wished = 0) {
    Request request = client.request();
    request.type = wished << 8;
    EXPECT_TRUE(client.write(request));
    auto guest = next_guest();
    EXPECT_TRUE(client.is_answered());
    return guest;
  }

  ReceiveStatus next(VdeGuest& guest) {
    ReceiveStatus status = ReceiveStatus::empty;
    while ((status = guest.receive(0, buffer_)) == ReceiveStatus::empty) {
      if (!wait_until_readable(guest.descriptor(0))) {
        break;
      }
    }
    return status;
  }

  TemporaryDirectory directory_;
  std::string place_ = directory_.file("vde");
  SocketAddress control_ = *SocketAddress::of_path(place_ + "/ctl");
  std::unique_ptr<VdeDoor> door_;
  FrameBuffer buffer_;
  int clients_ = 0;
};

}  // namespace tapswitch::test
