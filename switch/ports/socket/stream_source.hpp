// SPDX-License-Identifier: Apache-2.0
// stream_source.hpp: tells where the connections of a stream port come from: a socket that listens,
// or one that connects and does so again after each end.
//
// Limits: a source that the kernel gives no descriptor rests a while instead of asking on and on,
// and so does one of whose peers too much is still to be closed; a connection that is not made in
// 'connect_time' is given up, and tried again like one that failed. Threads: the worker that
// receives by the port.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "switch/system/epoll_set.hpp"
#include "switch/system/peer_socket.hpp"
#include "switch/system/socket_address.hpp"
#include "switch/system/socket_file.hpp"
#include "switch/system/timer.hpp"

namespace tapswitch {

class StreamSource {
 public:
  StreamSource() = default;
  StreamSource(const StreamSource&) = delete;
  StreamSource& operator=(const StreamSource&) = delete;
  virtual ~StreamSource() = default;

  // Readable when take() is to be called. Constant.
  [[nodiscard]] virtual int descriptor() const noexcept = 0;

  // The next connection, non-blocking; none if there is none now.
  [[nodiscard]] virtual PeerSocket take() noexcept = 0;

  // Says that the connection taken last has ended.
  virtual void on_end() noexcept = 0;

  // The file by which peers would find it, if that is gone; else empty. Any thread.
  [[nodiscard]] virtual std::string missing_file() const { return {}; }
};

class ListeningSource final : public StreamSource {
 public:
  static constexpr int backlog = 8;
  static constexpr auto rest = std::chrono::milliseconds(200);

  // 'access' is for the file of a Unix socket.
  [[nodiscard]] static KernelResult<std::unique_ptr<StreamSource>> open(
      const SocketAddress& address, const FileAccess& access);
  // A Unix socket in a directory that is open.
  [[nodiscard]] static KernelResult<std::unique_ptr<StreamSource>> open(
      const SocketLocation& location, const FileAccess& access);

  [[nodiscard]] int descriptor() const noexcept override { return set_.descriptor(); }
  [[nodiscard]] PeerSocket take() noexcept override;
  void on_end() noexcept override {}
  [[nodiscard]] std::string missing_file() const override {
    return file_.is_there() ? "" : file_.path();
  }

 private:
  [[nodiscard]] static KernelResult<std::unique_ptr<StreamSource>> listen(int family,
                                                                          PeerSocket socket,
                                                                          SocketFile file,
                                                                          const std::string& name);
  ListeningSource(int family, PeerSocket socket, SocketFile file, EpollSet set, Timer timer);

  void begin_rest() noexcept;

  int family_;
  PeerSocket socket_;
  SocketFile file_;
  EpollSet set_;
  Timer timer_;
};

class ConnectingSource final : public StreamSource {
 public:
  static constexpr auto connect_time = std::chrono::seconds(10);

  // Connects for the first time at once, as soon as somebody waits for it.
  [[nodiscard]] static KernelResult<std::unique_ptr<StreamSource>> open(
      const SocketAddress& address, std::chrono::seconds reconnect);

  [[nodiscard]] int descriptor() const noexcept override { return set_.descriptor(); }
  [[nodiscard]] PeerSocket take() noexcept override;
  void on_end() noexcept override;

 private:
  ConnectingSource(const SocketAddress& address, std::chrono::seconds reconnect, EpollSet set,
                   Timer timer);

  // Each returns the connection if it has come about.
  PeerSocket begin() noexcept;
  PeerSocket finish() noexcept;
  bool connect_socket() noexcept;
  PeerSocket give_up() noexcept;  // for now

  SocketAddress address_;
  std::chrono::seconds reconnect_;
  EpollSet set_;
  Timer timer_;
  PeerSocket socket_;  // while it is connecting
};

}  // namespace tapswitch
