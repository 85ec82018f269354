// SPDX-License-Identifier: Apache-2.0
// stream_source.hpp: tells where the connections of a stream port come from: a socket that listens,
// or one that connects and does so again after each end.
//
// Limits: a source that the kernel gives no descriptor rests a while instead of asking on and on,
// and so does one of whose peers too much is still to be closed; a connection that is not made in
// 'connect_time' is given up, and tried again like one that failed. What looks files up is done by
// threads that may wait (slow_call.hpp). Threads: the control thread.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "switch/system/epoll_set.hpp"
#include "switch/system/own_sockets.hpp"
#include "switch/system/peer_socket.hpp"
#include "switch/system/slow_task.hpp"
#include "switch/system/socket_address.hpp"
#include "switch/system/socket_file.hpp"
#include "switch/system/timed_set.hpp"

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

  // The file by which peers would find it, if that was gone at the last look(); else empty.
  [[nodiscard]] virtual std::string missing_file() const { return {}; }
  // Begins to look for it.
  virtual void look() noexcept {}
};

class ListeningSource final : public StreamSource {
 public:
  // So many may wait in the kernel: others wait to be there, or are told EAGAIN at once.
  static constexpr int backlog = 128;
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
    return file_.was_there() ? "" : file_.path();
  }
  void look() noexcept override { file_.look(); }

 private:
  [[nodiscard]] static KernelResult<std::unique_ptr<StreamSource>> listen(int family,
                                                                          PeerSocket socket,
                                                                          SocketFile file,
                                                                          const std::string& name);
  ListeningSource(int family, PeerSocket socket, SocketFile file, EpollSet set, Timer timer);

  void begin_rest() noexcept;

  int family_;
  PeerSocket socket_;
  OwnInternetSocket own_;
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
  // Connects to a file, wherever that leads by then.
  struct Connecting {
    void carry_out() noexcept;

    PeerSocket socket;
    std::string path;
    bool is_connected = false;
  };

  ConnectingSource(const SocketAddress& address, std::chrono::seconds reconnect, TimedSet waiting,
                   SharedBell bell);

  // Each returns the connection if it has come about.
  PeerSocket begin() noexcept;
  PeerSocket begin_slowly(PeerSocket socket);
  PeerSocket finish() noexcept;
  PeerSocket finish_slowly() noexcept;
  PeerSocket give_up() noexcept;  // for now

  SocketAddress address_;
  std::chrono::seconds reconnect_;
  EpollSet set_;
  Timer timer_;
  PeerSocket socket_;                                 // while it is connecting
  SharedBell bell_;                                   // of connecting_
  std::unique_ptr<SlowTask<Connecting>> connecting_;  // to a file
};

}  // namespace tapswitch
