// SPDX-License-Identifier: Apache-2.0
// http_server.hpp: serves one page, /metrics, to whoever asks for it by HTTP.
//
// Theory of operation: a connection asks once and is closed. While its page is being written other
// work of the control thread goes on between two steps, so a page of a thousand ports delays
// nobody. Limits: max_connections at a time (one more takes the place of the one that has been
// silent for longest), max_request_size bytes of request, 'patience' for a connection from its
// beginning to its end. Threads: the control thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "control/metrics/address.hpp"
#include "control/metrics/page.hpp"
#include "control/server/rota.hpp"
#include "switch/system/unique_fd.hpp"

namespace tapswitch::metrics {

class HttpServer {
 public:
  static constexpr std::size_t max_connections = 16;
  static constexpr std::size_t max_request_size = 8'192;
  static constexpr std::chrono::seconds patience{10};

  // Binds 'address'; a Unix socket gets 'group' and mode 0660. Throws std::runtime_error with a
  // message for people. Clients wait until start().
  HttpServer(boost::asio::io_context& io, const Address& address,
             const std::optional<std::string>& group);
  // Takes over the descriptors() of another process's.
  HttpServer(boost::asio::io_context& io, std::vector<UniqueFd> descriptors);
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  ~HttpServer();

  // Pages are written in turns of 'rota', which must outlive the server.
  void start(OpenPage open_page, server::Rota& rota);

  // Takes no more clients and ends the connections. The server must then stay until the io_context
  // has nothing left to do.
  void stop();

  // As those of Listener, also for a TCP socket, which is only one descriptor.
  [[nodiscard]] std::vector<int> descriptors();
  void claim();
  void renounce();

  // Returns where the page is: "http://127.0.0.1:9100/metrics", "unix:/run/metrics.sock".
  [[nodiscard]] std::string url() const;

 private:
  class Entrance;
  class TcpEntrance;
  class UnixEntrance;
  class Connection;
  struct Connections;

  std::unique_ptr<Connections> connections_;
  std::unique_ptr<Entrance> entrance_;
};

}  // namespace tapswitch::metrics
