// SPDX-License-Identifier: Apache-2.0
// accept_loop.hpp: takes in whoever connects to a socket, one after the other, until it is stopped.
//
// When the process has no descriptor left for a connection, or too much of what came by such
// connections is still to be closed, they wait, and the loop asks again after a pause; when it has
// no memory, the connection is closed. Threads: the control thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "control/server/close_socket.hpp"
#include "switch/system/peer_socket.hpp"
#include "switch/system/slow_close.hpp"

namespace tapswitch::server {

// 'Protocol' is one of Asio's stream protocols.
template <typename Protocol>
class AcceptLoop {
 public:
  using Socket = typename Protocol::socket;
  using Acceptor = typename Protocol::acceptor;
  using Accepted = std::function<void(Socket)>;

  explicit AcceptLoop(boost::asio::io_context& io) : acceptor_(io), pause_(io) {}
  AcceptLoop(const AcceptLoop&) = delete;
  AcceptLoop& operator=(const AcceptLoop&) = delete;
  ~AcceptLoop() = default;

  // To be made to listen before start().
  [[nodiscard]] Acceptor& acceptor() { return acceptor_; }
  [[nodiscard]] const Acceptor& acceptor() const { return acceptor_; }

  // From now on the loop pauses while so much is still to be closed.
  void pause_at(std::size_t most_unclosed_descriptors) {
    most_unclosed_ = most_unclosed_descriptors;
  }

  // Gives each connection to 'accepted'.
  void start(Accepted accepted) {
    accepted_ = std::move(accepted);
    accept();
  }

  // Closes the acceptor. The loop must then stay until the io_context has nothing left to do.
  void stop() {
    close_socket(acceptor_);
    pause_.cancel();
  }

 private:
  static constexpr std::chrono::milliseconds pause_length{100};

  void accept() {
    if (is_close_behind(most_unclosed_) && may_bring_descriptors(acceptor_.native_handle())) {
      pause();
      return;
    }
    acceptor_.async_accept([this](boost::system::error_code error, Socket socket) {
      if (!acceptor_.is_open()) {
        close_socket(socket);
        return;
      }
      if (error) {
        pause();
        return;
      }
      receive_urgent_in_line(socket.native_handle());
      try {
        accepted_(std::move(socket));
      } catch (const std::exception&) {
        // There is no memory for one more; its socket is closed by now.
      }
      accept();
    });
  }

  void pause() {
    pause_.expires_after(pause_length);
    pause_.async_wait([this](boost::system::error_code cancelled) {
      if (!cancelled && acceptor_.is_open()) {
        accept();
      }
    });
  }

  Acceptor acceptor_;
  boost::asio::steady_timer pause_;
  Accepted accepted_;
  std::size_t most_unclosed_ = most_unclosed;
};

}  // namespace tapswitch::server
