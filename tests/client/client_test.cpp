// SPDX-License-Identifier: Apache-2.0
#include "control/client/client.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <functional>
#include <thread>

#include "tests/server/temporary_directory.hpp"

namespace tapswitch::client {
namespace {

// Stands for a daemon: takes one session, reads one request, and sends 'pieces' one by one.
class Impostor {
 public:
  explicit Impostor(std::vector<std::string> pieces)
      : listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.copy(static_cast<char*>(address.sun_path), sizeof address.sun_path - 1);
    if (::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listener_.get(), 1) != 0) {
      throw std::runtime_error("no listener");
    }
    thread_ = std::thread([this, pieces = std::move(pieces)] {
      const UniqueFd session(::accept(listener_.get(), nullptr, nullptr));
      std::array<char, 4096> request{};
      const ssize_t size = ::recv(session.get(), request.data(), request.size(), 0);
      request_.assign(request.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
      for (const std::string& piece : pieces) {
        (void)::send(session.get(), piece.data(), piece.size(), MSG_NOSIGNAL);
      }
    });
  }
  Impostor(const Impostor&) = delete;
  Impostor& operator=(const Impostor&) = delete;
  ~Impostor() {
    if (thread_.joinable()) {
      thread_.join();
    }
  }

  [[nodiscard]] const std::string& path() const { return path_; }

  // What it was asked, once it has answered.
  const std::string& request() {
    thread_.join();
    return request_;
  }

 private:
  test::TemporaryDirectory directory_;
  std::string path_ = directory_.file("control.sock");
  UniqueFd listener_;
  std::string request_;
  std::thread thread_;
};

// What a call comes to when the daemon answers so.
std::string outcome(std::vector<std::string> pieces) {
  const Impostor daemon(std::move(pieces));
  try {
    return Client::connect(daemon.path()).call("port.list", Json::object()).dump();
  } catch (const Refused& refused) {
    return "refused: " + refused.error().dump();
  } catch (const NoDaemon& error) {
    return error.what();
  }
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(Client, RequestIsOneLineOfJsonRpc) {
  Impostor daemon({"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n"});
  Client::connect(daemon.path()).call("port.get", {{"name", "a\nb"}});
  EXPECT_EQ(daemon.request(),
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"port.get\","
            "\"params\":{\"name\":\"a\\nb\"}}\n");
}

TEST(Client, ResultIsGivenBackHoweverItArrives) {
  EXPECT_EQ(outcome({"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"ports\":[]}}\n"}),
            "{\"ports\":[]}");
  EXPECT_EQ(outcome({"{\"jsonrpc\":\"2.0\",", "\"id\":1,", "\"result\":7}", "\n"}), "7");
}

TEST(Client, BigResultIsGivenBackWhole) {
  const std::string text(8'000'000, 'x');
  EXPECT_EQ(outcome({"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\"" + text + "\"}\n"}),
            '"' + text + '"');
}

TEST(Client, RefusalCarriesTheErrorObject) {
  EXPECT_EQ(outcome({"{\"jsonrpc\":\"2.0\",\"id\":1,"
                     "\"error\":{\"code\":-32000,\"message\":\"no\"}}\n"}),
            "refused: {\"code\":-32000,\"message\":\"no\"}");
}

TEST(Client, WhatIsNoReplyIsNotTakenForOne) {
  for (const char* reply : {"SSH-2.0-OpenSSH\n", "[1]\n", "7\n", "{}\n", "\n"}) {
    EXPECT_TRUE(contains(outcome({reply}), "is not a tapswitchd")) << reply;
  }
}

TEST(Client, DaemonThatGoesIsTold) {
  for (const char* piece : {"", "{\"jsonrpc\":\"2.0\",\"id\":1,\"res"}) {
    EXPECT_TRUE(contains(outcome({piece}), "ended the session"));
  }
}

TEST(Client, MissingDaemonIsToldWithWhatToDo) {
  const test::TemporaryDirectory directory;
  for (const std::string& path : {directory.file("none.sock"), std::string(200, 'x')}) {
    try {
      Client::connect(path);
      FAIL() << path;
    } catch (const NoDaemon& error) {
      EXPECT_TRUE(contains(error.what(), "start one with `tapswitchd`")) << error.what();
    }
  }
}

}  // namespace
}  // namespace tapswitch::client
