// SPDX-License-Identifier: Apache-2.0
// The server from the other side of its socket, with a page of the test's own.
#include "control/metrics/http_server.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <deque>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include "tests/server/temporary_directory.hpp"

namespace tapswitch::metrics {
namespace http_server_test {

namespace asio = boost::asio;
using asio::ip::tcp;

// Three steps long.
class CountingPage final : public Page {
 public:
  [[nodiscard]] bool write_some() override { return ++steps_ < 3; }
  [[nodiscard]] std::string text() const override { return std::to_string(steps_) + " steps\n"; }

 private:
  int steps_ = 0;
};

class HttpServerTest : public testing::Test {
 protected:
  void start(const Address& address = TcpAddress{"127.0.0.1", 0}) {
    server_.emplace(io_, address, std::nullopt);
    server_->start([] { return std::make_unique<CountingPage>(); }, rota_);
    thread_ = std::thread([this] { io_.run(); });
  }

  void TearDown() override { stop(); }

  void stop() {
    if (thread_.joinable()) {
      asio::post(io_, [this] { server_->stop(); });
      thread_.join();
    }
  }

  tcp::socket connect() {
    const std::string url = server_->url();  // http://127.0.0.1:PORT/metrics
    const std::size_t colon = url.rfind(':');
    const auto port = static_cast<std::uint16_t>(std::stoi(url.substr(colon + 1)));
    tcp::socket socket(client_io_);
    socket.connect({asio::ip::make_address("127.0.0.1"), port});
    return socket;
  }

  // All that comes until the server closes the connection.
  template <typename Socket>
  static std::string read_to_end(Socket& socket) {
    std::string text;
    boost::system::error_code error;
    asio::read(socket, asio::dynamic_buffer(text), error);
    return text;
  }

  std::string ask(const std::string& request) {
    tcp::socket socket = connect();
    boost::system::error_code error;
    asio::write(socket, asio::buffer(request), error);
    return read_to_end(socket);
  }

  asio::io_context client_io_;
  asio::io_context io_{1};
  server::Rota rota_{io_};
  std::optional<HttpServer> server_;
  std::thread thread_;
};

TEST_F(HttpServerTest, GivesThePageInItsFormat) {
  start();
  const std::string reply = ask("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(reply.starts_with("HTTP/1.1 200 OK\r\n")) << reply;
  EXPECT_NE(reply.find("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"),
            std::string::npos);
  EXPECT_TRUE(reply.ends_with("\r\n\r\n3 steps\n")) << reply;
}

TEST_F(HttpServerTest, AQueryChangesNothing) {
  start();
  EXPECT_TRUE(ask("GET /metrics?x=1 HTTP/1.0\r\n\r\n").starts_with("HTTP/1.1 200 OK\r\n"));
}

TEST_F(HttpServerTest, ThereIsNothingElse) {
  start();
  EXPECT_TRUE(ask("GET / HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 404 "));
  EXPECT_TRUE(ask("GET /metricsx HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 404 "));
  const std::string reply = ask("POST /metrics HTTP/1.1\r\nContent-Length: 1\r\n\r\nx");
  EXPECT_TRUE(reply.starts_with("HTTP/1.1 405 ")) << reply;
  EXPECT_NE(reply.find("Allow: GET, HEAD\r\n"), std::string::npos) << reply;
}

TEST_F(HttpServerTest, HeadHasNoBody) {
  start();
  for (const char* target : {"/metrics", "/nothing"}) {
    const std::string reply = ask(fmt::format("HEAD {} HTTP/1.1\r\n\r\n", target));
    EXPECT_TRUE(reply.starts_with("HTTP/1.1 ")) << reply;
    EXPECT_EQ(reply.find("\r\n\r\n"), reply.size() - 4) << reply;
  }
}

TEST_F(HttpServerTest, NonsenseIsRefused) {
  start();
  EXPECT_TRUE(ask("\x16\x03\x01 hello\r\n\r\n").starts_with("HTTP/1.1 400 "));
  const std::string long_header(2 * HttpServer::max_request_size, 'a');
  EXPECT_TRUE(
      ask("GET /metrics HTTP/1.1\r\nX: " + long_header + "\r\n\r\n").starts_with("HTTP/1.1 431 "));
}

TEST_F(HttpServerTest, OneConnectionTooManyTakesThePlaceOfTheOneThatWasSilentLongest) {
  start();
  std::vector<tcp::socket> silent;
  for (std::size_t count = 0; count < HttpServer::max_connections; ++count) {
    silent.push_back(connect());
  }
  EXPECT_TRUE(ask("GET /metrics HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 200 OK\r\n"));
  EXPECT_EQ(read_to_end(silent.front()), "");
  asio::write(silent.back(), asio::buffer(std::string("GET /metrics HTTP/1.1\r\n\r\n")));
  EXPECT_TRUE(read_to_end(silent.back()).starts_with("HTTP/1.1 200 OK\r\n"));
}

TEST_F(HttpServerTest, SilentConnectionsThatRenewThemselvesKeepNoScrapeAway) {
  start();
  std::deque<tcp::socket> silent;
  for (int scrape = 0; scrape < 20; ++scrape) {
    for (std::size_t count = 0; count < HttpServer::max_connections; ++count) {
      silent.push_back(connect());
      if (silent.size() > HttpServer::max_connections) {
        silent.pop_front();
      }
    }
    ASSERT_TRUE(ask("GET /metrics HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 200 OK\r\n"));
  }
}

TEST_F(HttpServerTest, EndsAlthoughAClientIsSilent) {
  start();
  tcp::socket silent = connect();
  EXPECT_TRUE(ask("GET /metrics HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 200 OK\r\n"));
  stop();
  EXPECT_EQ(read_to_end(silent), "");
}

TEST_F(HttpServerTest, TwoCannotHaveOnePort) {
  start();
  const std::string url = server_->url();
  const auto port = static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
  EXPECT_THROW(HttpServer(io_, TcpAddress{"127.0.0.1", port}, std::nullopt), std::runtime_error);
}

TEST_F(HttpServerTest, AUnixSocketServesTheSameToItsGroup) {
  test::TemporaryDirectory directory;
  const std::string path = directory.file("metrics.sock");
  start(UnixAddress{path});
  struct stat status {};
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0660U);
  asio::local::stream_protocol::socket socket(client_io_);
  socket.connect(asio::local::stream_protocol::endpoint(path));
  asio::write(socket, asio::buffer(std::string("GET /metrics HTTP/1.1\r\n\r\n")));
  EXPECT_TRUE(read_to_end(socket).ends_with("\r\n\r\n3 steps\n"));
}

}  // namespace http_server_test
}  // namespace tapswitch::metrics
