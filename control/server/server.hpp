// SPDX-License-Identifier: Apache-2.0
// server.hpp: the sockets by which the daemon is controlled, and the sessions on them.
//
// Limits: Limits::sessions and its neighbours; one session more takes the place of the idlest,
// which is told so and closed. It is itself told to go if all are being answered. Threads: the
// control thread.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "control/rpc/limits.hpp"
#include "control/server/commons.hpp"
#include "control/server/listener.hpp"
#include "control/server/session.hpp"

namespace tapswitch::server {

class Server {
 public:
  struct Entrance {
    std::unique_ptr<Listener> listener;
    bool is_read_only;
    std::optional<gid_t> capture_group;  // whose members may capture there
  };

  Server(boost::asio::io_context& io, Answer answer, const rpc::Limits& limits = {});

  // Binds a socket; throws std::runtime_error with a message for people. Clients wait until
  // start().
  void listen(const SocketOptions& options, bool is_read_only = false,
              std::optional<gid_t> capture_group = {});
  void listen(std::unique_ptr<Listener> listener, bool is_read_only = false,
              std::optional<gid_t> capture_group = {});

  void start();

  // Has sessions go on, soon, that waited for a change which is over.
  void go_on_waiting() { say_that_there_is_room(); }

  // Takes no more clients, lets each session answer for a moment and send what it has to send, and
  // ends them. The io_context then has nothing left to do for this server. The sockets go with the
  // server.
  void stop();

  [[nodiscard]] const std::vector<Entrance>& entrances() const { return entrances_; }
  [[nodiscard]] std::size_t session_count() const { return sessions_.size(); }

  // Also for others who work bit by bit on the control thread.
  [[nodiscard]] Rota& rota() { return commons_.rota; }

 private:
  using Sessions = std::set<std::shared_ptr<Session>>;

  void welcome(Session::Socket socket, const Entrance& entrance);
  [[nodiscard]] bool make_room(Payer payer);
  void say_that_there_is_room();

  boost::asio::io_context& io_;
  Commons commons_;
  std::vector<Entrance> entrances_;
  Sessions sessions_;
  Sessions refused_;  // those too many, until they have read so
  bool is_room_posted_ = false;
};

}  // namespace tapswitch::server
