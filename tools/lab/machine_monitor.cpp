// SPDX-License-Identifier: Apache-2.0
#include "tools/lab/machine_monitor.hpp"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include <fmt/format.h>

#include "control/rpc/json.hpp"
#include "control/rpc/strict_json.hpp"
#include "switch/system/peer_socket.hpp"
#include "switch/system/unique_fd.hpp"
#include "tools/lab/failure.hpp"

namespace tapswitch::lab {
namespace {

constexpr std::size_t most_line_size = 64 * std::size_t{1024};
constexpr timeval longest_answer{.tv_sec = 5, .tv_usec = 0};

class Monitor {
 public:
  explicit Monitor(const std::string& path)
      : path_(path), socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    refuse_descriptors(socket_.get());
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &longest_answer, sizeof longest_answer);
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &longest_answer, sizeof longest_answer);
    if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) !=
        0) {
      fail(std::strerror(errno));
    }
    if (!read_message().contains("QMP")) {
      fail("it does not greet as QEMU does");
    }
    execute("qmp_capabilities", Json::object());
  }

  // Returns when QEMU has done it.
  void execute(const std::string& command, const Json& arguments) {
    const std::string line = Json{{"execute", command}, {"arguments", arguments}}.dump() + '\n';
    if (::send(socket_.get(), line.data(), line.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(line.size())) {
      fail(std::strerror(errno));
    }
    Json answer;
    do {
      answer = read_message();
    } while (answer.contains("event"));  // of which others are told
    if (!answer.contains("return")) {
      fail(fmt::format("it refuses '{}': {}", command, answer.dump()));
    }
  }

 private:
  [[noreturn]] void fail(const std::string& why) const {
    throw Failure(fmt::format("cannot reach the monitor of QEMU at {}: {}", path_, why));
  }

  Json read_message() {
    std::size_t end = 0;
    while ((end = received_.find('\n')) == std::string::npos) {
      std::array<char, 4096> buffer{};
      const ssize_t size = ::read(socket_.get(), buffer.data(), buffer.size());
      if (size <= 0 || received_.size() > most_line_size) {
        fail(size < 0 ? std::strerror(errno) : "it does not answer as QEMU does");
      }
      received_.append(buffer.data(), static_cast<std::size_t>(size));
    }
    Json message = rpc::parse_loosely(received_.substr(0, end));
    received_.erase(0, end + 1);
    return message;
  }

  std::string path_;
  UniqueFd socket_;
  std::string received_;
};

}  // namespace

std::string monitor_socket(const std::string& directory, const std::string& node) {
  return fmt::format("{}/{}.qmp.sock", directory, node);
}

std::string card_name(std::size_t card) { return fmt::format("net{}", card); }

void set_card_link(const std::string& socket, const std::string& card, bool has_carrier) {
  Monitor(socket).execute("set_link", {{"name", card}, {"up", has_carrier}});
}

}  // namespace tapswitch::lab
