// SPDX-License-Identifier: Apache-2.0
#include "tools/tapswitchd/entrances.hpp"

#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "control/server/socket_path.hpp"
#include "switch/system/account.hpp"

namespace tapswitch::daemon {
namespace {

constexpr mode_t public_socket_mode = 0666;

std::optional<gid_t> capture_group(const std::optional<std::string>& name) {
  const auto found = name ? find_group(*name) : std::nullopt;
  if (name && !found) {
    throw std::runtime_error(fmt::format("--capture-group: there is no group '{}'", *name));
  }
  return found;
}

}  // namespace

Entrances open_entrances(boost::asio::io_context& io, const Options& options,
                         std::vector<PassedSocket> passed) {
  Entrances entrances;
  entrances.capture_group = capture_group(options.capture_group);
  for (PassedSocket& socket : passed) {
    if (socket.name == metrics_name) {
      std::vector<UniqueFd> descriptors;
      descriptors.push_back(std::move(socket.fd));
      descriptors.push_back(std::move(socket.lock));
      entrances.metrics = std::make_unique<metrics::HttpServer>(io, std::move(descriptors));
      continue;
    }
    auto& entrance = socket.name == read_only_name ? entrances.read_only : entrances.control;
    if (entrance) {
      throw std::runtime_error(
          "started with two control sockets: give the read-only one "
          "FileDescriptorName=readonly");
    }
    entrance = std::make_unique<server::Listener>(io, std::move(socket.fd), std::move(socket.lock));
  }
  if (!entrances.control) {
    const auto environment = server::socket_environment();
    const std::string path = server::socket_path(options.socket, environment);
    server::make_private_directory(path, environment.uid);
    entrances.control = std::make_unique<server::Listener>(
        io, server::SocketOptions{
                .path = path, .group = options.socket_group, .takes_descriptors = true});
  }
  if (!entrances.read_only && options.read_only_socket) {
    entrances.read_only = std::make_unique<server::Listener>(
        io, server::SocketOptions{.path = *options.read_only_socket,
                                  .mode = public_socket_mode,
                                  .group = {},
                                  .takes_descriptors = entrances.capture_group.has_value()});
  }
  if (!entrances.metrics && options.metrics) {
    entrances.metrics =
        std::make_unique<metrics::HttpServer>(io, *options.metrics, options.socket_group);
  }
  return entrances;
}

}  // namespace tapswitch::daemon
