// SPDX-License-Identifier: Apache-2.0
#include "control/metrics/http_server.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <exception>
#include <functional>
#include <optional>
#include <set>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_static_buffer.hpp>
#include <boost/beast/http.hpp>

#include "control/server/accept_loop.hpp"
#include "control/server/close_socket.hpp"
#include "control/server/listener.hpp"
#include "control/server/mortal.hpp"
#include "switch/system/own_sockets.hpp"
#include "switch/system/peer_socket.hpp"

namespace tapswitch::metrics {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

// A TCP or a Unix socket: the same from here on.
using Socket = asio::generic::stream_protocol::socket;

using Clock = std::chrono::steady_clock;

// How long who has asked is not silent though it does not read.
constexpr std::chrono::seconds patience_with_readers{1};

constexpr const char* page_type = "text/plain; version=0.0.4; charset=utf-8";
constexpr const char* text_type = "text/plain; charset=utf-8";

}  // namespace

struct HttpServer::Connections {
  OpenPage open_page;
  server::Rota* rota = nullptr;
  std::set<std::shared_ptr<Connection>> all;

  void welcome(Socket socket);
  [[nodiscard]] bool make_room();
};

class HttpServer::Connection : public std::enable_shared_from_this<Connection>,
                               private server::Mortal<HttpServer::Connection> {
 public:
  Connection(Socket socket, Connections& home)
      : socket_(std::move(socket)), deadline_(socket_.get_executor()), home_(home) {
    parser_.header_limit(max_request_size);
  }

  void start() {
    deadline_.expires_after(patience);
    deadline_.async_wait([self = shared_from_this()](error_code error) {
      if (!error) {
        self->end();
      }
    });
    read();
  }

  // Returns since when it owes us something: its request, or to read what it asked for.
  [[nodiscard]] Clock::time_point silent_since() const {
    return is_asked_ ? asked_at_ + patience_with_readers : began_at_;
  }

  void end() {
    deadline_.cancel();
    server::close_socket(socket_);
    home_.all.erase(shared_from_this());
  }

 private:
  friend Mortal;
  using Response = http::response<http::string_body>;

  // Not by Beast, which would leave descriptors that came to the kernel to close.
  void read() {
    socket_.async_wait(Socket::wait_read, [self = shared_from_this()](error_code error) {
      if (error) {
        self->end();
      } else {
        self->survive([&] { self->on_readable(); });
      }
    });
  }

  void on_readable() {
    const auto space = buffer_.prepare(buffer_.max_size() - buffer_.size());
    const ssize_t size = receive_bytes(socket_.native_handle(),
                                       {static_cast<std::byte*>(space.data()), space.size()});
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) {
      read();
      return;
    }
    if (size <= 0) {
      end();
      return;
    }
    buffer_.commit(static_cast<std::size_t>(size));
    error_code error;
    buffer_.consume(parser_.put(buffer_.data(), error));
    if (error != http::error::need_more) {
      on_request(error);
    } else if (buffer_.size() < buffer_.max_size()) {
      read();
    } else {
      on_request(http::error::header_limit);
    }
  }

  void on_request(error_code error) {
    is_asked_ = true;
    asked_at_ = Clock::now();
    if (error == http::error::header_limit) {
      refuse(http::status::request_header_fields_too_large, "the request is too long");
    } else if (error) {
      refuse(http::status::bad_request, "this is no HTTP request");
    } else {
      answer(parser_.get());
    }
  }

  void answer(const http::request<http::empty_body>& request) {
    const auto target = request.target();
    is_head_ = request.method() == http::verb::head;
    if (target.substr(0, target.find('?')) != "/metrics") {
      refuse(http::status::not_found, "there is only /metrics");
    } else if (is_head_) {
      response_.set(http::field::content_type, page_type);
      send();
    } else if (request.method() != http::verb::get) {
      response_.set(http::field::allow, "GET, HEAD");
      refuse(http::status::method_not_allowed, "there are only GET and HEAD");
    } else {
      page_ = home_.open_page();
      ask_for_turn();
    }
  }

  void ask_for_turn() {
    home_.rota->ask({.entrance = server::EntranceKind::metrics, .uid = 0},
                    [self = shared_from_this()] { self->survive([&] { self->write_page(); }); });
  }

  void write_page() {
    if (!socket_.is_open()) {
      return;  // the daemon ends
    }
    if (page_->write_some()) {
      ask_for_turn();
      return;
    }
    response_.result(http::status::ok);
    response_.set(http::field::content_type, page_type);
    response_.body() = page_->text();
    page_.reset();
    send();
  }

  void refuse(http::status status, const char* why) {
    response_.result(status);
    response_.set(http::field::content_type, text_type);
    response_.body() = fmt::format("{}\n", why);
    send();
  }

  void send() {
    response_.keep_alive(false);
    if (is_head_) {
      response_.body().clear();  // what GET would get is not known without writing it
    } else {
      response_.prepare_payload();
    }
    http::async_write(socket_, response_,
                      [self = shared_from_this()](error_code, std::size_t) { self->end(); });
  }

  Socket socket_;
  asio::steady_timer deadline_;
  Connections& home_;
  beast::flat_static_buffer<max_request_size> buffer_;
  http::request_parser<http::empty_body> parser_;
  Response response_;
  std::unique_ptr<Page> page_;
  const Clock::time_point began_at_ = Clock::now();
  Clock::time_point asked_at_;
  bool is_asked_ = false;
  bool is_head_ = false;
};

// Returns whether one more may come in: the one that has been silent for longest makes room.
bool HttpServer::Connections::make_room() {
  if (all.size() < max_connections) {
    return true;
  }
  const auto longest = std::ranges::min_element(all, {}, &Connection::silent_since);
  if ((*longest)->silent_since() > Clock::now()) {
    return false;
  }
  std::shared_ptr<Connection>(*longest)->end();  // which forgets it
  return true;
}

void HttpServer::Connections::welcome(Socket socket) {
  if (!make_room()) {
    server::close_socket(socket);
    return;
  }
  const auto connection = std::make_shared<Connection>(std::move(socket), *this);
  all.insert(connection);
  connection->start();
}

class HttpServer::Entrance {
 public:
  using Accepted = std::function<void(Socket)>;

  Entrance() = default;
  Entrance(const Entrance&) = delete;
  Entrance& operator=(const Entrance&) = delete;
  virtual ~Entrance() = default;

  virtual void start(Accepted accepted) = 0;
  virtual void stop() = 0;
  [[nodiscard]] virtual std::string url() const = 0;
  [[nodiscard]] virtual std::vector<int> descriptors() = 0;
  virtual void claim() {}
  virtual void renounce() {}
};

class HttpServer::TcpEntrance final : public Entrance {
 public:
  TcpEntrance(asio::io_context& io, const TcpAddress& address) : loop_(io) {
    try {
      loop_.acceptor() =
          tcp::acceptor(io, tcp::endpoint(asio::ip::make_address(address.host), address.port));
    } catch (const boost::system::system_error& error) {
      throw std::runtime_error(fmt::format("cannot serve metrics on {}:{}: {}", address.host,
                                           address.port, error.code().message()));
    }
  }
  TcpEntrance(asio::io_context& io, UniqueFd socket, bool is_v6) : loop_(io) {
    loop_.acceptor().assign(is_v6 ? tcp::v6() : tcp::v4(), socket.release());
  }

  [[nodiscard]] std::vector<int> descriptors() override {
    return {loop_.acceptor().native_handle()};
  }

  void start(Accepted accepted) override {
    own_.emplace(loop_.acceptor().native_handle());
    loop_.start(std::move(accepted));
  }
  void stop() override {
    own_.reset();
    loop_.stop();
  }

  [[nodiscard]] std::string url() const override {
    const tcp::endpoint local = loop_.acceptor().local_endpoint();
    const std::string host = local.address().to_string();
    return fmt::format("http://{}:{}/metrics", local.address().is_v6() ? '[' + host + ']' : host,
                       local.port());
  }

 private:
  server::AcceptLoop<tcp> loop_;
  std::optional<OwnInternetSocket> own_;
};

class HttpServer::UnixEntrance final : public Entrance {
 public:
  UnixEntrance(asio::io_context& io, const UnixAddress& address,
               const std::optional<std::string>& group)
      : listener_(io, {.path = address.path, .group = group}) {}
  UnixEntrance(asio::io_context& io, UniqueFd socket, UniqueFd lock)
      : listener_(io, std::move(socket), std::move(lock)) {
    listener_.refuse_descriptors();
  }

  [[nodiscard]] std::vector<int> descriptors() override { return listener_.descriptors(); }
  void claim() override { listener_.claim(); }
  void renounce() override { listener_.renounce(); }

  void start(Accepted accepted) override { listener_.start(std::move(accepted)); }
  void stop() override { listener_.stop(); }
  [[nodiscard]] std::string url() const override { return "unix:" + listener_.path(); }

 private:
  server::Listener listener_;
};

HttpServer::HttpServer(asio::io_context& io, const Address& address,
                       const std::optional<std::string>& group)
    : connections_(std::make_unique<Connections>()) {
  if (const auto* path = std::get_if<UnixAddress>(&address)) {
    entrance_ = std::make_unique<UnixEntrance>(io, *path, group);
  } else {
    entrance_ = std::make_unique<TcpEntrance>(io, std::get<TcpAddress>(address));
  }
}

HttpServer::HttpServer(asio::io_context& io, std::vector<UniqueFd> descriptors)
    : connections_(std::make_unique<Connections>()) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (descriptors.empty() ||
      getsockname(descriptors[0].get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("the socket of the metrics did not come");
  }
  if (address.ss_family == AF_UNIX) {
    UniqueFd lock = descriptors.size() > 1 ? std::move(descriptors[1]) : UniqueFd();
    entrance_ = std::make_unique<UnixEntrance>(io, std::move(descriptors[0]), std::move(lock));
  } else {
    entrance_ =
        std::make_unique<TcpEntrance>(io, std::move(descriptors[0]), address.ss_family == AF_INET6);
  }
}

HttpServer::~HttpServer() = default;

std::vector<int> HttpServer::descriptors() { return entrance_->descriptors(); }
void HttpServer::claim() { entrance_->claim(); }
void HttpServer::renounce() { entrance_->renounce(); }

void HttpServer::start(OpenPage open_page, server::Rota& rota) {
  connections_->rota = &rota;
  connections_->open_page = std::move(open_page);
  entrance_->start([this](Socket socket) { connections_->welcome(std::move(socket)); });
}

void HttpServer::stop() {
  entrance_->stop();
  const auto all = connections_->all;  // each leaves when it ends
  for (const auto& connection : all) {
    connection->end();
  }
}

std::string HttpServer::url() const { return entrance_->url(); }

}  // namespace tapswitch::metrics
