// SPDX-License-Identifier: Apache-2.0
// watch.hpp: calls a function whenever a descriptor is readable that belongs to somebody else.
#pragma once

#include <functional>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

namespace tapswitch::daemon {

class Watch {
 public:
  // Calls 'on_readable' from 'start' until 'stop', or until this goes.
  Watch(boost::asio::io_context& io, std::function<void()> on_readable)
      : on_readable_(std::move(on_readable)), descriptor_(io) {}
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  ~Watch() { stop(); }

  // Does nothing if 'fd' is none.
  void start(int fd) {
    if (fd >= 0) {
      descriptor_.assign(fd);
      wait();
    }
  }

  void stop() {
    if (descriptor_.is_open()) {
      descriptor_.release();
    }
  }

 private:
  // First, so that there is a next time whatever becomes of this one.
  void wait() {
    descriptor_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                           [this](boost::system::error_code error) {
                             if (!error && descriptor_.is_open()) {
                               wait();
                               on_readable_();
                             }
                           });
  }

  std::function<void()> on_readable_;
  boost::asio::posix::stream_descriptor descriptor_;
};

}  // namespace tapswitch::daemon
