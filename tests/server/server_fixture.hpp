// SPDX-License-Identifier: Apache-2.0
// server_fixture.hpp: a Server that runs in a thread of its own, and clients that know nothing of
// it but its socket.
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "control/rpc/error.hpp"
#include "control/server/server.hpp"
#include "switch/system/descriptor_message.hpp"
#include "switch/system/unique_fd.hpp"
#include "tests/server/temporary_directory.hpp"
#include "tests/support/wait.hpp"

namespace tapswitch::server {

// Answers a line in one go; nullopt: nothing is to be said.
using AtOnce = std::function<std::optional<std::string>(std::string_view, const rpc::Caller&)>;

// A line of words is a batch: each of them is answered by itself.
class Words final : public rpc::Answering {
 public:
  Words(std::string_view line, AtOnce answer) : rest_(line), answer_(std::move(answer)) {}

  [[nodiscard]] bool is_over() const override { return is_over_; }
  [[nodiscard]] std::string go_on(const rpc::Caller& caller) override {
    const std::size_t end = rest_.find(' ');
    const auto reply = answer_(rest_.substr(0, end), caller);
    is_over_ = end == std::string_view::npos;
    rest_.remove_prefix(is_over_ ? rest_.size() : end + 1);
    return reply.value_or("") + (is_over_ ? "" : " ");
  }

 private:
  std::string_view rest_;
  const AtOnce answer_;
  bool is_over_ = false;
};

inline Answer word_by_word(AtOnce answer) {
  return [answer = std::move(answer)](std::string_view line) {
    return std::make_unique<Words>(line, answer);
  };
}

// The other end of a session.
class TestClient {
 public:
  explicit TestClient(const std::string& path)
      : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(static_cast<char*>(address.sun_path), sizeof address.sun_path - 1);
    if (::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      fd_.reset();
    }
  }

  [[nodiscard]] bool is_connected() const { return fd_.is_open(); }

  // Sends all of it, and waits where the server does not read. False if the server is gone.
  bool send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t size = ::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL);
      if (size <= 0) {
        return false;
      }
      text.remove_prefix(static_cast<std::size_t>(size));
    }
    return true;
  }

  // In one message, with descriptors. False if it does not go whole.
  bool send_with(std::string_view text, std::span<const int> descriptors) {
    return send_with_descriptors(fd_.get(), text, descriptors, 0) ==
           static_cast<ssize_t>(text.size());
  }

  // As much of it as finds room now; how much that was.
  std::size_t send_some(std::string_view text) {
    const ssize_t size = ::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    return size > 0 ? static_cast<std::size_t>(size) : 0;
  }

  // Reads 'most' bytes at most, of what has come, and forgets them; how many those were.
  std::size_t take(std::size_t most) {
    std::string part(most, ' ');
    const ssize_t size = ::recv(fd_.get(), part.data(), part.size(), MSG_DONTWAIT);
    return size > 0 ? static_cast<std::size_t>(size) : 0;
  }

  // The next line; nullopt at the end of the session, or if none comes.
  std::optional<std::string> receive() {
    std::size_t end = 0;
    while ((end = received_.find('\n')) == std::string::npos) {
      char part[65'536];
      if (!test::wait_until_readable(fd_.get())) {
        ADD_FAILURE() << "neither a line nor the end came";
        return std::nullopt;
      }
      const ssize_t size = ::recv(fd_.get(), part, sizeof part, 0);
      if (size <= 0) {
        return std::nullopt;
      }
      received_.append(part, static_cast<std::size_t>(size));
    }
    std::string line = received_.substr(0, end);
    received_.erase(0, end + 1);
    return line;
  }

  std::string ask(std::string_view line) {
    return send(std::string(line) + '\n') ? receive().value_or("(ended)") : "(gone)";
  }

  void half_close() { ::shutdown(fd_.get(), SHUT_WR); }
  void close() { fd_.reset(); }

 private:
  UniqueFd fd_;
  std::string received_;
};

// Answers each line with itself; but "quiet" with nothing, "caller" with who asks, "big" with a
// reply of 'big_reply' bytes, "dear" after a while, and "take" with which file the first descriptor
// is that came with it; for the answer to "huge" there is not enough memory.
class ServerTest : public testing::Test {
 protected:
  static constexpr std::size_t big_reply = 1'000'000;
  static constexpr std::chrono::milliseconds dear{5};

  void start(const rpc::Limits& limits = {}) {
    server_.emplace(io_,
                    word_by_word([](std::string_view line,
                                    const rpc::Caller& caller) -> std::optional<std::string> {
                      if (line == "dear") {
                        std::this_thread::sleep_for(dear);
                        return "dear";
                      }
                      if (line == "quiet") {
                        return std::nullopt;
                      }
                      if (line == "huge") {
                        throw std::bad_alloc();
                      }
                      if (line == "big") {
                        return std::string(big_reply, 'x');
                      }
                      if (line == "caller") {
                        return std::to_string(caller.uid) +
                               (caller.is_read_only ? " reads" : " writes");
                      }
                      if (line == "take") {
                        return take(caller);
                      }
                      return std::string(line);
                    }),
                    limits);
    server_->listen({.path = path_, .group = {}});
    server_->listen({.path = read_only_path_, .mode = 0666, .group = {}}, true, capture_group_);
    server_->start();
    thread_ = std::thread([this] { io_.run(); });
  }

  static std::string take(const rpc::Caller& caller) {
    if (caller.descriptors == nullptr) {
      return "none";
    }
    try {
      const UniqueFd taken = caller.descriptors->take(0);
      return "file " + file_of(taken.get());
    } catch (const rpc::Error& error) {
      return std::string(rpc::name_of(error.kind()));
    }
  }

  // Which file a descriptor stands for, so that two of it can be recognised.
  static std::string file_of(int fd) {
    struct stat status {};
    return ::fstat(fd, &status) == 0 ? std::to_string(status.st_ino) : "closed";
  }

  void TearDown() override { stop(); }

  // Returns how long it took.
  std::chrono::steady_clock::duration stop() {
    const auto began = std::chrono::steady_clock::now();
    if (thread_.joinable()) {
      boost::asio::post(io_, [this] { server_->stop(); });
      thread_.join();
    }
    return std::chrono::steady_clock::now() - began;
  }

  std::size_t sessions() {
    std::promise<std::size_t> count;
    boost::asio::post(io_, [&] { count.set_value(server_->session_count()); });
    return count.get_future().get();
  }

  // Has the server's loop wait for a time, and returns when it is over.
  void run_a_timer() {
    std::promise<void> over;
    boost::asio::steady_timer timer(io_, std::chrono::milliseconds(1));
    timer.async_wait([&](boost::system::error_code) { over.set_value(); });
    over.get_future().wait();
  }

  bool sessions_become(std::size_t count) {
    return test::wait_until([&] { return sessions() == count; });
  }

  test::TemporaryDirectory directory_;
  std::string path_ = directory_.file("control.sock");
  std::string read_only_path_ = directory_.file("read-only.sock");
  std::optional<gid_t> capture_group_;  // of the read-only socket
  boost::asio::io_context io_{1};
  std::optional<Server> server_;
  std::thread thread_;
};

}  // namespace tapswitch::server
