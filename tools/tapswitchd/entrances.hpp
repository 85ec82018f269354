// SPDX-License-Identifier: Apache-2.0
// entrances.hpp: the sockets by which the daemon is reached, made or taken over from the service
// manager. They are opened before anything else: it is here that a second daemon is told of the
// first, and later the daemon has no right to open some of them any more.
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "control/metrics/http_server.hpp"
#include "control/server/listener.hpp"
#include "tools/tapswitchd/options.hpp"
#include "tools/tapswitchd/service_manager.hpp"

namespace tapswitch::daemon {

struct Entrances {
  std::unique_ptr<server::Listener> control;
  std::unique_ptr<server::Listener> read_only;   // may be null
  std::optional<gid_t> capture_group;            // who may capture by it
  std::unique_ptr<metrics::HttpServer> metrics;  // may be null
};

// Sockets that are passed are called so; any other name: the control socket.
constexpr const char* read_only_name = "readonly";
constexpr const char* metrics_name = "metrics";

// 'passed' come before what the options say. Throws std::runtime_error with a message for people.
Entrances open_entrances(boost::asio::io_context& io, const Options& options,
                         std::vector<PassedSocket> passed);

}  // namespace tapswitch::daemon
