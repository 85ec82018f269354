// SPDX-License-Identifier: Apache-2.0
#include "control/client/client.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>

namespace tapswitch::client {
namespace {

std::string without_daemon(const std::string& path, int error) {
  if (error == EACCES) {
    return fmt::format("the control socket {} is not open to you: use sudo, or join its group",
                       path);
  }
  return fmt::format("no daemon at {}: start one with `tapswitchd`, or give --socket ({})", path,
                     std::strerror(error));
}

std::string message_of(const Json& error) {
  const auto message = error.find("message");
  return message != error.end() && message->is_string() ? message->get<std::string>()
                                                        : "refused without a message";
}

}  // namespace

Refused::Refused(Json error) : std::runtime_error(message_of(error)), error_(std::move(error)) {}

Client::Client(UniqueFd socket, std::string path)
    : socket_(std::move(socket)), path_(std::move(path)) {}

Client Client::connect(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) {
    throw NoDaemon(without_daemon(path, ENAMETOOLONG));
  }
  path.copy(static_cast<char*>(address.sun_path), path.size());
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (socket.get() < 0 ||
      ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    throw NoDaemon(without_daemon(path, errno));
  }
  return Client(std::move(socket), path);
}

Json Client::call(const std::string& method, const Json& params) {
  const Json request = {
      {"jsonrpc", "2.0"}, {"id", ++last_id_}, {"method", method}, {"params", params}};
  send(request.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
  Json reply = Json::parse(receive_line(), nullptr, false);
  if (const auto error = reply.find("error"); error != reply.end()) {
    throw Refused(*error);
  }
  const auto result = reply.find("result");
  if (result == reply.end()) {
    throw NoDaemon(fmt::format("what answers at {} is not a tapswitchd", path_));
  }
  return std::move(*result);
}

void Client::send(std::string_view text) {
  while (!text.empty()) {
    const ssize_t size = ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL);
    if (size < 0) {
      if (errno == EINTR) {
        continue;
      }
      throw NoDaemon(fmt::format("the daemon at {} is gone: {}", path_, std::strerror(errno)));
    }
    text.remove_prefix(static_cast<std::size_t>(size));
  }
}

std::string Client::receive_line() {
  std::size_t searched = 0;
  while (true) {
    const std::size_t newline = received_.find('\n', searched);
    if (newline != std::string::npos) {
      std::string line = received_.substr(0, newline);
      received_.erase(0, newline + 1);
      return line;
    }
    searched = received_.size();
    std::array<char, 65'536> part;
    const ssize_t size = recv(socket_.get(), part.data(), part.size(), 0);
    if (size < 0 && errno == EINTR) {
      continue;
    }
    if (size <= 0) {
      throw NoDaemon(fmt::format("the daemon at {} ended the session", path_));
    }
    received_.append(part.data(), static_cast<std::size_t>(size));
  }
}

}  // namespace tapswitch::client
