// SPDX-License-Identifier: Apache-2.0
#include "control/server/server.hpp"

#include <sys/socket.h>

#include <utility>

#include "control/rpc/error.hpp"
#include "control/rpc/jsonrpc.hpp"

namespace tapswitch::server {
namespace {

rpc::Caller caller_of(Session::Socket& socket, bool is_read_only) {
  ucred peer{};
  socklen_t size = sizeof(peer);
  // Cannot fail on a connected Unix socket; without it the caller is nobody.
  if (getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
    peer.uid = static_cast<uid_t>(-1);
  }
  return {.uid = peer.uid, .pid = peer.pid, .is_read_only = is_read_only};
}

std::string too_many_reply(const rpc::Limits& limits) {
  const rpc::Error error(
      rpc::ErrorKind::limit_reached,
      "there are " + std::to_string(limits.sessions) + " sessions already: try again later",
      {{"limit", limits.sessions}});
  return rpc::to_line(rpc::error_reply(nullptr, error));
}

}  // namespace

Server::Server(boost::asio::io_context& io, Answer answer, const rpc::Limits& limits)
    : io_(io), answer_(std::move(answer)), limits_(limits) {}

void Server::listen(const SocketOptions& options, bool is_read_only) {
  listen(std::make_unique<Listener>(io_, options), is_read_only);
}

void Server::listen(std::unique_ptr<Listener> listener, bool is_read_only) {
  entrances_.push_back({std::move(listener), is_read_only});
}

void Server::start() {
  for (Entrance& entrance : entrances_) {
    entrance.listener->start([this, is_read_only = entrance.is_read_only](Session::Socket socket) {
      welcome(std::move(socket), is_read_only);
    });
  }
}

void Server::welcome(Session::Socket socket, bool is_read_only) {
  // A storm of connections shall not be without bound either while each is told to go.
  if (refused_.size() >= limits_.sessions) {
    return;
  }
  const bool is_full = sessions_.size() >= limits_.sessions;
  const rpc::Caller caller = caller_of(socket, is_read_only);
  auto& place = is_full ? refused_ : sessions_;
  auto session = std::make_shared<Session>(
      std::move(socket), caller, answer_, limits_,
      [&place](const std::shared_ptr<Session>& ended) { place.erase(ended); });
  place.insert(session);
  if (is_full) {
    session->refuse(too_many_reply(limits_));
  } else {
    session->start();
  }
}

void Server::stop() {
  for (Entrance& entrance : entrances_) {
    entrance.listener->stop();
  }
  for (const auto* place : {&sessions_, &refused_}) {
    const auto sessions = *place;  // each leaves its place when it ends
    for (const auto& session : sessions) {
      session->stop();
    }
  }
}

}  // namespace tapswitch::server
