// SPDX-License-Identifier: Apache-2.0
#include "tools/tapswitchd/hand_over.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "control/rpc/error.hpp"
#include "control/rpc/jsonrpc.hpp"
#include "control/rpc/strict_json.hpp"
#include "switch/system/net_namespace.hpp"
#include "switch/system/slow_close.hpp"
#include "tools/version.hpp"

namespace tapswitch::daemon {
namespace {

constexpr const char* busy = "busy";
constexpr const char* ready = "ready";
constexpr const char* gone = "yours";

constexpr std::chrono::milliseconds busy_interval{500};

// The successor gives up last, for of the two it is the running daemon that must know how it ended.
constexpr std::chrono::seconds successors_patience = 3 * hand_over_patience;

bool is_unix_stream_socket(int fd) {
  const auto option = [fd](int name) {
    int value = 0;
    socklen_t size = sizeof value;
    return getsockopt(fd, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
  };
  return option(SO_DOMAIN) == AF_UNIX && option(SO_TYPE) == SOCK_STREAM;
}

// Returns what the other side says. Descriptors are not to come with it.
std::string heard_on(server::HandOverChannel& channel) {
  server::HandOverChannel::Message message = channel.receive();
  for (UniqueFd& fd : message.descriptors) {
    close_slowly(std::move(fd));
  }
  return message.line;
}

std::runtime_error refusal(const client::Refused& error) {
  return std::runtime_error(fmt::format("the daemon does not hand over: {}", error.what()));
}

}  // namespace

void hand_over(UniqueFd successor, network::Network& network,
               const std::vector<HandedSocket>& sockets) {
  if (!is_unix_stream_socket(successor.get())) {
    close_slowly(std::move(successor));
    throw rpc::invalid_params(
        {{"fd", "the descriptor is no socket to a successor", "one end of a Unix stream socket"}});
  }
  const auto messages = network::messages_about(network, network::Unheritable::refuse);
  try {
    server::HandOverChannel channel(std::move(successor), hand_over_patience, longest_silence);
    channel.send(rpc::to_line({{"about", "daemon"},
                               {"version", version},
                               {"pid", getpid()},
                               {"hears_busy", true},
                               {"namespace", current_net_namespace().inode}}));
    for (const network::HandOverMessage& message : messages) {
      channel.send(rpc::to_line(message.words), message.descriptors);
    }
    for (const HandedSocket& socket : sockets) {
      channel.send(rpc::to_line({{"about", "socket"}, {"name", socket.name}}), socket.descriptors);
    }
    channel.send(rpc::to_line({{"about", "end"}}));
    std::string word = heard_on(channel);
    while (word == busy) {
      word = heard_on(channel);
    }
    if (word != ready) {
      throw server::HandOverChannel::Broken("it says what is not understood");
    }
    network.let_go();
    channel.send(gone);
  } catch (const server::HandOverChannel::Broken& error) {
    network.hold_on();
    throw rpc::Error(
        rpc::ErrorKind::conflict,
        fmt::format("the successor has not taken over, and this daemon goes on: {}", error.what()));
  }
}

Predecessor::Predecessor(const std::string& path) try : client_(client::Client::connect(path)) {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    throw std::runtime_error(fmt::format("cannot make a socket: {}", std::strerror(errno)));
  }
  UniqueFd theirs(ends[1]);
  channel_.emplace(UniqueFd(ends[0]), successors_patience);
  client_.ask("system.hand_over", {{"fd", 0}}, std::array{theirs.get()});
  theirs.reset();  // so that we see its end
  converse([this] { receive_all(); });
} catch (const client::Refused& error) {
  throw refusal(error);
}

template <class Talk>
void Predecessor::converse(const Talk& talk) try {
  try {
    talk();
  } catch (const server::HandOverChannel::Broken&) {
    client_.await();  // which says why it has hung up, if it says so
    throw;
  }
} catch (const client::Refused& error) {
  throw refusal(error);
}

void Predecessor::receive_all() {
  while (true) {
    server::HandOverChannel::Message message = channel_->receive();
    const Json words = rpc::parse_loosely(message.line);
    const auto about = words.at("about").get<std::string>();
    if (about == "end") {
      return;
    }
    if (about == "daemon") {
      name_ = fmt::format("tapswitchd {} (pid {})", words.at("version").get<std::string>(),
                          words.at("pid").get<int>());
      hears_busy_ = words.value("hears_busy", false);  // earlier versions do not
      // A TAP of its own namespace must belong to ours.
      if (words.at("namespace") != current_net_namespace().inode) {
        throw std::runtime_error(
            fmt::format("the daemon is in another network namespace: start its successor with "
                        "nsenter --net=/proc/{}/ns/net",
                        words.at("pid").get<int>()));
      }
    } else if (about == "socket" && !message.descriptors.empty()) {
      PassedSocket socket{.name = words.at("name").get<std::string>(),
                          .fd = std::move(message.descriptors[0])};
      if (message.descriptors.size() > 1) {
        socket.lock = std::move(message.descriptors[1]);
      }
      sockets_.push_back(std::move(socket));
    } else {
      inheritance_.take(words, std::move(message.descriptors));
    }
  }
}

void Predecessor::say_busy() {
  const auto now = std::chrono::steady_clock::now();
  if (hears_busy_ && now - last_busy_ >= busy_interval) {
    converse([this] { channel_->send(busy); });
    last_busy_ = now;
  }
}

void Predecessor::let_go() {
  converse([this] {
    channel_->send(ready);
    if (heard_on(*channel_) != gone) {
      throw std::runtime_error("the daemon that runs says what is not understood");
    }
  });
  channel_.reset();
}

}  // namespace tapswitch::daemon
