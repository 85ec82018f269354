// SPDX-License-Identifier: Apache-2.0
// server.hpp: the sockets by which the daemon is controlled, and the sessions on them.
//
// Limits: Limits::sessions sessions over all sockets; one more is told so and closed.
// Threads: the control thread.
#pragma once

#include <memory>
#include <set>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "control/rpc/limits.hpp"
#include "control/server/listener.hpp"
#include "control/server/session.hpp"

namespace tapswitch::server {

class Server {
 public:
  struct Entrance {
    std::unique_ptr<Listener> listener;
    bool is_read_only;
  };

  Server(boost::asio::io_context& io, Answer answer, const rpc::Limits& limits = {});

  // Binds a socket; throws std::runtime_error with a message for people. Clients wait until
  // start().
  void listen(const SocketOptions& options, bool is_read_only = false);
  void listen(std::unique_ptr<Listener> listener, bool is_read_only = false);

  void start();

  // Takes no more clients, lets each session send what it has to send, and ends them. The
  // io_context then has nothing left to do for this server. The sockets go with the server.
  void stop();

  [[nodiscard]] const std::vector<Entrance>& entrances() const { return entrances_; }
  [[nodiscard]] std::size_t session_count() const { return sessions_.size(); }

 private:
  void welcome(Session::Socket socket, bool is_read_only);

  boost::asio::io_context& io_;
  const Answer answer_;
  const rpc::Limits limits_;
  std::vector<Entrance> entrances_;
  std::set<std::shared_ptr<Session>> sessions_;
  std::set<std::shared_ptr<Session>> refused_;  // those too many, until they have read so
};

}  // namespace tapswitch::server
