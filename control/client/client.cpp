// SPDX-License-Identifier: Apache-2.0
#include "control/client/client.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "control/rpc/jsonrpc.hpp"
#include "control/rpc/strict_json.hpp"
#include "switch/system/descriptor_message.hpp"
#include "switch/system/peer_socket.hpp"
#include "switch/system/socket_address.hpp"

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

bool is_event(const Json& message) { return message.is_object() && message.contains("method"); }

}  // namespace

Refused::Refused(Json error) : std::runtime_error(message_of(error)), error_(std::move(error)) {}

Client::Client(UniqueFd socket, std::string path)
    : socket_(std::move(socket)), path_(std::move(path)) {}

Client Client::connect(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() > SocketAddress::max_path_size) {
    throw NoDaemon(without_daemon(path, ENAMETOOLONG));
  }
  path.copy(static_cast<char*>(address.sun_path), path.size());
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  refuse_descriptors(socket.get());
  if (socket.get() < 0 ||
      ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    throw NoDaemon(without_daemon(path, errno));
  }
  return Client(std::move(socket), path);
}

Json Client::call(const std::string& method, const Json& params, std::span<const int> descriptors) {
  ask(method, params, descriptors);
  return await();
}

Json Client::await() {
  Json reply = receive();
  while (is_event(reply)) {
    keep_event(std::move(reply));
    reply = receive();
  }
  return result_of(std::move(reply));
}

void Client::ask(const std::string& method, const Json& params, std::span<const int> descriptors) {
  const Json request = {
      {"jsonrpc", "2.0"}, {"id", ++last_id_}, {"method", method}, {"params", params}};
  send(rpc::to_line(request) + "\n", descriptors);
}

std::optional<Json> Client::take_result() {
  do {
    while (std::optional<std::string> line = take_line()) {
      Json reply = rpc::parse_loosely(*line);
      if (!is_event(reply)) {
        return result_of(std::move(reply));
      }
      keep_event(std::move(reply));
    }
  } while (receive_part(MSG_DONTWAIT));
  return std::nullopt;
}

void Client::keep_event(Json message) {
  if (events_.size() == max_kept_events) {
    events_.pop_front();
  }
  events_.push_back(std::move(message["params"]));
}

Json Client::result_of(Json reply) const {
  if (const auto error = reply.find("error"); error != reply.end()) {
    throw Refused(*error);
  }
  const auto result = reply.find("result");
  if (result == reply.end()) {
    throw NoDaemon(fmt::format("what answers at {} is not a tapswitchd", path_));
  }
  return std::move(*result);
}

Json Client::next_event() {
  while (true) {
    if (std::optional<Json> event = take_event()) {
      return *std::move(event);
    }
    receive_part(0);
  }
}

std::optional<Json> Client::take_event() {
  while (events_.empty()) {
    if (const std::optional<std::string> line = take_line()) {
      Json message = rpc::parse_loosely(*line);
      if (!is_event(message) || !message.contains("params")) {
        (void)result_of(std::move(message));  // throws what the daemon says
        throw NoDaemon(fmt::format("what answers at {} is not a tapswitchd", path_));
      }
      keep_event(std::move(message));
    } else if (!receive_part(MSG_DONTWAIT)) {
      return std::nullopt;
    }
  }
  Json event = std::move(events_.front());
  events_.pop_front();
  return event;
}

Json Client::receive() { return rpc::parse_loosely(receive_line()); }

void Client::send(std::string_view text, std::span<const int> descriptors) {
  while (!text.empty()) {
    const ssize_t size = send_with_descriptors(socket_.get(), text, descriptors, 0);
    if (size < 0) {
      if (errno == EINTR) {
        continue;
      }
      // By the read-only socket none are passed. It says so itself.
      if (errno == EPERM && !descriptors.empty()) {
        descriptors = {};
        continue;
      }
      throw NoDaemon(fmt::format("the daemon at {} is gone: {}", path_, std::strerror(errno)));
    }
    text.remove_prefix(static_cast<std::size_t>(size));
    descriptors = {};
  }
}

std::string Client::receive_line() {
  while (true) {
    if (std::optional<std::string> line = take_line()) {
      return *std::move(line);
    }
    receive_part(0);
  }
}

// A whole line of what was received already.
std::optional<std::string> Client::take_line() {
  const std::size_t newline = received_.find('\n', searched_);
  if (newline == std::string::npos) {
    searched_ = received_.size();
    return std::nullopt;
  }
  searched_ = 0;
  std::string line = received_.substr(0, newline);
  received_.erase(0, newline + 1);
  return line;
}

// Whether something came; without MSG_DONTWAIT something does.
bool Client::receive_part(int flags) {
  std::array<char, 65'536> part;
  while (true) {
    const ssize_t size = recv(socket_.get(), part.data(), part.size(), flags);
    if (size > 0) {
      received_.append(part.data(), static_cast<std::size_t>(size));
      return true;
    }
    if (size < 0 && errno == EAGAIN) {
      return false;
    }
    if (size == 0 || errno != EINTR) {
      throw NoDaemon(fmt::format("the daemon at {} ended the session", path_));
    }
  }
}

}  // namespace tapswitch::client
