// SPDX-License-Identifier: Apache-2.0
#include "control/server/server.hpp"

#include <sys/socket.h>

#include <chrono>
#include <utility>

#include <boost/asio/post.hpp>

#include "control/rpc/error.hpp"
#include "control/rpc/jsonrpc.hpp"
#include "control/server/close_socket.hpp"
#include "switch/system/peer_socket.hpp"

namespace tapswitch::server {
namespace {

rpc::Caller caller_of(Session::Socket& socket, const Server::Entrance& entrance) {
  ucred peer{};
  socklen_t size = sizeof(peer);
  // Cannot fail on a connected Unix socket; without it the caller is nobody.
  if (getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
    peer.uid = static_cast<uid_t>(-1);
  }
  const auto group = entrance.capture_group;
  return {.uid = peer.uid,
          .pid = peer.pid,
          .is_read_only = entrance.is_read_only,
          .may_capture = group && is_peer_in_group(socket.native_handle(), *group)};
}

// How long all sessions together go on to answer when the server is stopped.
constexpr std::chrono::milliseconds last_answers{500};

SeatLimits seat_limits(const rpc::Limits& limits, EntranceKind entrance) {
  return entrance == EntranceKind::read_only
             ? SeatLimits{.all = limits.read_only_sessions,
                          .per_user = limits.read_only_sessions_per_user}
             : SeatLimits{.all = limits.sessions, .per_user = limits.sessions};
}

std::string limit_reply(const char* message, std::size_t limit) {
  return rpc::to_line(rpc::error_reply(
      nullptr, rpc::Error(rpc::ErrorKind::limit_reached, message, {{"limit", limit}})));
}

}  // namespace

Server::Server(boost::asio::io_context& io, Answer answer, const rpc::Limits& limits)
    : io_(io),
      commons_{.answer = std::move(answer), .limits = limits, .rota = Rota(io), .on_room = [this] {
                 say_that_there_is_room();
               }} {}

void Server::listen(const SocketOptions& options, bool is_read_only,
                    std::optional<gid_t> capture_group) {
  SocketOptions complete = options;
  complete.takes_descriptors = !is_read_only || capture_group;
  listen(std::make_unique<Listener>(io_, complete), is_read_only, capture_group);
}

void Server::listen(std::unique_ptr<Listener> listener, bool is_read_only,
                    std::optional<gid_t> capture_group) {
  if (is_read_only && !capture_group) {
    listener->refuse_descriptors();
  }
  entrances_.push_back({std::move(listener), is_read_only, capture_group});
}

void Server::start() {
  for (Entrance& entrance : entrances_) {
    entrance.listener->start(
        [this, &entrance](Session::Socket socket) { welcome(std::move(socket), entrance); });
  }
}

void Server::welcome(Session::Socket socket, const Entrance& entrance) {
  // A storm of connections shall not be without bound either while each is told to go.
  if (refused_.size() >= commons_.limits.sessions) {
    close_socket(socket);
    return;
  }
  const rpc::Caller caller = caller_of(socket, entrance);
  if (caller.is_read_only && !caller.may_capture) {
    refuse_descriptors(socket.native_handle());
  }
  const Payer payer = payer_of(caller);
  const bool is_refused = !make_room(payer);
  auto& home = is_refused ? refused_ : sessions_;
  auto session = std::make_shared<Session>(
      std::move(socket), caller, commons_,
      [&home](const std::shared_ptr<Session>& ended) { home.erase(ended); });
  home.insert(session);
  if (is_refused) {
    session->refuse(limit_reply("there are as many sessions as may be: try again later",
                                seat_limits(commons_.limits, payer.entrance).all));
  } else {
    session->start();
  }
}

// Returns whether one more of 'payer' may come in.
bool Server::make_room(Payer payer) {
  std::vector<std::shared_ptr<Session>> sessions;
  std::vector<Seat> seats;
  for (const auto& session : sessions_) {
    if (session->payer().entrance == payer.entrance) {
      sessions.push_back(session);
      seats.push_back(session->seat());
    }
  }
  const SeatLimits limits = seat_limits(commons_.limits, payer.entrance);
  const Seating seating = seat_for(payer.uid, seats, limits);
  if (seating.kind == Seating::Kind::replace) {
    const auto& idlest = sessions[seating.leaving];
    sessions_.erase(idlest);
    idlest->dismiss(limit_reply("ended: this session was the idlest, and another needed its place",
                                limits.all));
  }
  return seating.kind != Seating::Kind::refuse;
}

void Server::say_that_there_is_room() {
  if (std::exchange(is_room_posted_, true)) {
    return;
  }
  boost::asio::post(io_, [this] {
    is_room_posted_ = false;
    const Sessions sessions = sessions_;  // one may end, and leave
    for (const auto& session : sessions) {
      session->on_room();
    }
  });
}

void Server::stop() {
  for (Entrance& entrance : entrances_) {
    entrance.listener->stop();
  }
  const auto until = std::chrono::steady_clock::now() + last_answers;
  Sessions sessions = sessions_;  // each leaves its place when it ends
  sessions.insert(refused_.begin(), refused_.end());
  for (const bool is_control : {true, false}) {
    for (const auto& session : sessions) {
      if ((session->payer().entrance == EntranceKind::control) == is_control) {
        session->stop(until);
      }
    }
  }
}

}  // namespace tapswitch::server
