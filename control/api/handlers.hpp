// SPDX-License-Identifier: Apache-2.0
// handlers.hpp: the code behind the table of methods, one function a noun. main() puts them
// together and shows thereby what the daemon can do.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>

#include "control/api/network.hpp"
#include "control/api/rate_meter.hpp"
#include "control/rpc/dispatcher.hpp"

namespace tapswitch::api {

using Handlers = std::map<std::string, rpc::Handler>;

// What the system methods tell and do.
struct Daemon {
  std::string version;
  std::string socket_path;
  TimePoint started;
  std::function<void()> shut_down;  // begins the orderly end
};

// The network, the daemon and the meter must outlive the handlers.
void add_system_handlers(Handlers& handlers, Network& network, const Daemon& daemon);
void add_switch_handlers(Handlers& handlers, Network& network);
void add_port_handlers(Handlers& handlers, Network& network);
void add_vlan_handlers(Handlers& handlers, Network& network);
void add_fdb_handlers(Handlers& handlers, Network& network);
void add_statistics_handlers(Handlers& handlers, Network& network, RateMeter& meter);
void add_trace_handlers(Handlers& handlers, Network& network);
void add_config_handlers(Handlers& handlers, Network& network);

}  // namespace tapswitch::api
