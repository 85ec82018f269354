// SPDX-License-Identifier: Apache-2.0
// listener.hpp: a Unix socket at a path, and the certainty that no other daemon has it.
//
// Theory of operation: whoever holds the lock on the file "PATH.lock" owns the path; a socket that
// lies there then belongs to a daemon that died, and is replaced. Only a socket is ever replaced.
// Threads: the control thread.
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include "control/server/accept_loop.hpp"
#include "control/server/path_lock.hpp"
#include "switch/system/unique_fd.hpp"

namespace tapswitch::server {

struct SocketOptions {
  std::string path;
  mode_t mode = 0660;
  std::optional<std::string> group = {};  // of the socket; nullopt: the daemon's
  bool takes_descriptors = false;         // that clients pass
};

class Listener {
 public:
  using Socket = boost::asio::local::stream_protocol::socket;
  using Accepted = std::function<void(Socket)>;

  // Makes the directory (0750, of the socket's group) if it is missing, and the socket. Throws
  // std::runtime_error with a message for people, and then leaves neither.
  Listener(boost::asio::io_context& io, const SocketOptions& options);

  // Takes over a socket that listens already. Its path and its lock are somebody else's, and stay,
  // unless 'lock' is the descriptor of that lock: then until claim() only. Throws
  // std::runtime_error if it is no such socket.
  Listener(boost::asio::io_context& io, UniqueFd socket, UniqueFd lock = UniqueFd());
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener();  // removes the socket, if that is ours

  // Clients can pass none from now on, where the kernel can see to that.
  void refuse_descriptors();

  // Gives each connection to 'accepted', until stop(). The listener must then stay until the
  // io_context has nothing left to do.
  void start(Accepted accepted);
  void stop();

  // For another process: the socket, and the lock on its path if we have it. Whose they are is said
  // by the two below.
  [[nodiscard]] std::vector<int> descriptors();
  void claim();
  void renounce();

  [[nodiscard]] const std::string& path() const { return path_; }

  // Whether its file has gone, or another has come in its place, since this was asked last.
  [[nodiscard]] bool has_lost_file();

 private:
  class NewDirectory;

  Listener(boost::asio::io_context& io, const SocketOptions& options, NewDirectory&& directory);

  UniqueFd find_file();
  [[nodiscard]] bool is_file_there() const;
  void remove_file() const;  // unless another has taken its place

  const std::string path_;
  std::optional<PathLock> lock_;  // none if the path is somebody else's
  AcceptLoop<boost::asio::local::stream_protocol> loop_;
  dev_t device_ = 0;  // of its file
  ino_t inode_ = 0;   // 0: unknown
  bool was_file_there_ = true;
};

}  // namespace tapswitch::server
