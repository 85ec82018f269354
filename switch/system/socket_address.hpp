// SPDX-License-Identifier: Apache-2.0
// socket_address.hpp: says where a socket listens, connects or sends to, as a user writes it:
// "unix:/run/vm1.sock", "tcp:127.0.0.1:4711", "tcp:[::1]:4711"; of UDP without the prefix.
//
// Hosts are numbers: a name would have to be looked up, and nothing here may wait.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace tapswitch {

class SocketAddress {
 public:
  // The longest path that a Unix socket can have.
  static constexpr std::size_t max_path_size = sizeof(sockaddr_un::sun_path) - 1;

  // Nullopt if it is none. The path must begin with '/'; the port is 1 to 65535.
  [[nodiscard]] static std::optional<SocketAddress> parse(std::string_view text);
  // Nullopt unless it is "192.0.2.1:80" or "[2001:db8::1]:80", with a port of 1 to 65535.
  [[nodiscard]] static std::optional<SocketAddress> of_host_and_port(std::string_view text);
  // Nullopt unless it is "192.0.2.1" or "2001:db8::1".
  [[nodiscard]] static std::optional<SocketAddress> of_address(std::string_view text,
                                                               std::uint16_t port);
  // Returns the host of 'other', of a socket of IPv4 or IPv6, with another port.
  [[nodiscard]] static SocketAddress of_same_host(const sockaddr_storage& other,
                                                  std::uint16_t port);
  // Nullopt unless it begins with '/' and is not too long.
  [[nodiscard]] static std::optional<SocketAddress> of_path(std::string_view path);

  [[nodiscard]] bool is_unix() const { return storage_.ss_family == AF_UNIX; }
  // Returns the path of a Unix socket; else nothing.
  [[nodiscard]] const std::string& path() const { return path_; }
  // As parse() takes it.
  [[nodiscard]] std::string to_string() const;
  // Returns "192.0.2.1:80" or "[2001:db8::1]:80". Requires: it is of no Unix socket.
  [[nodiscard]] std::string host_and_port() const;

  // Returns the same host with another port. Requires: it is of no Unix socket.
  [[nodiscard]] SocketAddress with_port(std::uint16_t port) const {
    return of_same_host(storage_, port);
  }
  // Returns its host: "192.0.2.1" or "2001:db8::1".
  [[nodiscard]] std::string host() const;

  // Returns its port. Requires: it is of no Unix socket.
  [[nodiscard]] std::uint16_t port() const;

  // Whether it names no host ("0.0.0.0"), or several: a group, or everybody on a link.
  [[nodiscard]] bool is_of_any_host() const;
  [[nodiscard]] bool is_of_many_hosts() const;
  // Whether its host is one of IPv6 that stands for another thing: an address of IPv4, or one of
  // a link that it does not name.
  [[nodiscard]] bool is_mapped() const;
  [[nodiscard]] bool is_of_a_link() const;
  // Whether 'other', of a socket, is of the same host and port.
  [[nodiscard]] bool is_at(const sockaddr_storage& other) const noexcept;
  // The same, whatever the ports.
  [[nodiscard]] bool is_on(const sockaddr_storage& other) const noexcept;

  [[nodiscard]] int family() const { return storage_.ss_family; }
  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  [[nodiscard]] socklen_t size() const { return size_; }

  friend bool operator==(const SocketAddress& a, const SocketAddress& b) {
    return a.to_string() == b.to_string();
  }

 private:
  SocketAddress() = default;
  static std::optional<SocketAddress> of_host(std::string_view host, std::uint16_t port);
  // 'raw' is one of the kernel's kinds of address.
  template <class Raw>
  static SocketAddress holding(const Raw& raw) {
    SocketAddress address;
    std::memcpy(&address.storage_, &raw, sizeof raw);
    address.size_ = sizeof raw;
    return address;
  }

  sockaddr_storage storage_{};
  socklen_t size_ = 0;
  std::string path_;
};

}  // namespace tapswitch
