// SPDX-License-Identifier: Apache-2.0
// vhost_user_fixture.hpp: a port for virtual machines by shared memory, and what a worker and the
// control thread do with it: both are the thread of the test.
#pragma once

#include <poll.h>

#include <array>
#include <cerrno>
#include <memory>
#include <optional>
#include <vector>

#include <gtest/gtest.h>

#include "switch/ports/vhost_user/vhost_user_port.hpp"
#include "tests/server/temporary_directory.hpp"
#include "tests/support/frame_builder.hpp"
#include "tests/support/front_end.hpp"
#include "tests/support/wait.hpp"

namespace tapswitch::test {

class VhostUserFixture : public testing::Test {
 protected:
  using Bytes = std::vector<std::byte>;

  void SetUp() override {
    auto port = VhostUserPort::open(
        {.end = VhostUserOptions::Listen{*SocketAddress::of_path(path_)}, .access = {}, .mtu = 0});
    ASSERT_TRUE(port) << port.error().message();
    port_ = std::move(*port);
  }

  [[nodiscard]] std::unique_ptr<FrontEnd> plug_in() {
    return std::make_unique<FrontEnd>(path_, [this] { attend(); });
  }
  [[nodiscard]] std::unique_ptr<FrontEnd> plug_in_and_start(
      std::uint64_t features = FrontEnd::plain_features) {
    auto guest = plug_in();
    guest->start(features);
    EXPECT_TRUE(port_->link().has_carrier);
    return guest;
  }

  // Does what there is for the control thread to do.
  void attend() {
    if (wait_until_readable(port_->bell(), std::chrono::milliseconds(0))) {
      port_->answer();
    }
  }

  // Returns what the port says next but 'empty', waiting for it; 'empty' if it says nothing.
  ReceiveStatus next() {
    for (;;) {
      const ReceiveStatus status = receive();
      if (status != ReceiveStatus::empty || !wait_until_called()) {
        return status;
      }
    }
  }
  ReceiveStatus receive() {
    attend();
    return port_->receive(0, buffer_);
  }
  bool wait_until_called() {
    std::array<pollfd, 2> both = {{{.fd = port_->descriptor(0), .events = POLLIN, .revents = 0},
                                   {.fd = port_->bell(), .events = POLLIN, .revents = 0}}};
    constexpr auto at_most = std::chrono::milliseconds(patience);
    int ready = 0;
    do {
      ready = ::poll(both.data(), both.size(), static_cast<int>(at_most.count()));
    } while (ready < 0 && errno == EINTR);  // the alarm of a worker that has called a guest
    return ready > 0;
  }

  // The guest is gone, or about to go.
  void expect_no_carrier() {
    EXPECT_TRUE(wait_until([this] {
      attend();
      return !port_->link().has_carrier;
    }));
  }

  [[nodiscard]] Bytes received() const {
    Bytes bytes(buffer_.size());
    buffer_.copy(0, bytes);
    return bytes;
  }
  std::optional<Bytes> next_frame() {
    if (!has_frame(next())) {
      return std::nullopt;
    }
    Bytes bytes = received();
    port_->give_back(0);
    return bytes;
  }

  SendStatus send(const Bytes& frame, const Offload& offload = {}) {
    copy_octets(frame, buffer_.space().data());
    buffer_.assign(frame.size(), offload);
    const SendStatus status = port_->send(buffer_);
    port_->flush();
    return status;
  }

  [[nodiscard]] bool is_readable() const {
    return wait_until_readable(port_->descriptor(0), std::chrono::milliseconds(0));
  }

  TemporaryDirectory directory_;
  std::string path_ = directory_.file("vm.sock");
  std::unique_ptr<VhostUserPort> port_;
  FrameBuffer buffer_;
};

}  // namespace tapswitch::test
