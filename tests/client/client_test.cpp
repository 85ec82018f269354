// SPDX-License-Identifier: Apache-2.0
#include "control/client/client.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <functional>
#include <thread>

#include "tests/server/temporary_directory.hpp"
#include "tests/support/descriptor_receiver.hpp"

namespace tapswitch::client {
namespace client_test {

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
      const ssize_t size = test::receive_with_descriptor(session.get(), request, came_);
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

  // Returns what it was asked, once it has answered.
  const std::string& request() {
    thread_.join();
    return request_;
  }

  // The descriptor that came with it.
  [[nodiscard]] const UniqueFd& came() const { return came_; }

 private:
  test::TemporaryDirectory directory_;
  std::string path_ = directory_.file("control.sock");
  UniqueFd listener_;
  std::string request_;
  UniqueFd came_;
  std::thread thread_;
};

// Returns what a call comes to when the daemon answers so.
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

TEST(Client, DescriptorsGoWithTheirRequestAndStayOpenHere) {
  Impostor daemon({"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n"});
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  const UniqueFd reader(ends[0]);
  const UniqueFd writer(ends[1]);
  Client::connect(daemon.path()).call("port.add", {{"fd", 0}}, std::array{writer.get()});
  (void)daemon.request();
  ASSERT_TRUE(daemon.came().is_open());
  EXPECT_EQ(::write(daemon.came().get(), "x", 1), 1);
  char byte = 0;
  EXPECT_EQ(::read(reader.get(), &byte, 1), 1);
  EXPECT_EQ(::fcntl(writer.get(), F_GETFD), FD_CLOEXEC);
}

TEST(Client, ResultIsGivenBackHoweverItArrives) {
  EXPECT_EQ(outcome({"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"ports\":[]}}\n"}),
            "{\"ports\":[]}");
  EXPECT_EQ(outcome({"{\"jsonrpc\":\"2.0\",", "\"id\":1,", "\"result\":7}", "\n"}), "7");
}

TEST(Client, EventsThatComeBeforeTheReplyAreKept) {
  const Impostor daemon({R"({"jsonrpc":"2.0","method":"event","params":{"sequence":1}})"
                         "\n",
                         R"({"jsonrpc":"2.0","id":1,"result":7})"
                         "\n",
                         R"({"jsonrpc":"2.0","method":"event","params":{"sequence":2}})"
                         "\n"});
  Client client = Client::connect(daemon.path());
  EXPECT_EQ(client.call("port.list", Json::object()), 7);
  EXPECT_EQ(client.next_event(), Json({{"sequence", 1}}));
  EXPECT_EQ(client.next_event(), Json({{"sequence", 2}}));
  EXPECT_THROW(client.next_event(), NoDaemon);
}

TEST(Client, ResultCanBeAwaitedWithOtherThings) {
  Impostor daemon({R"({"jsonrpc":"2.0","method":"event","params":{"sequence":1}})"
                   "\n{\"jsonrpc\":\"2.0\",",
                   "\"id\":1,\"result\":7}\n"});
  Client client = Client::connect(daemon.path());
  EXPECT_EQ(client.take_result(), std::nullopt);
  client.ask("port.list", Json::object());
  std::optional<Json> result;
  while (!result) {
    pollfd readable{.fd = client.descriptor(), .events = POLLIN, .revents = 0};
    ASSERT_EQ(poll(&readable, 1, 10'000), 1);
    result = client.take_result();
  }
  EXPECT_EQ(*result, 7);
  EXPECT_EQ(client.next_event(), Json({{"sequence", 1}}));
  (void)daemon.request();  // It has ended the session by then.
  EXPECT_THROW((void)client.take_result(), NoDaemon);
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

}  // namespace client_test
}  // namespace tapswitch::client
