// SPDX-License-Identifier: Apache-2.0
// handlers.hpp: the code behind the table of methods, one function a noun. main() puts them
// together and shows thereby what the daemon can do.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>

#include "control/api/log_book.hpp"
#include "control/api/rate_meter.hpp"
#include "control/network/captures.hpp"
#include "control/network/network.hpp"
#include "control/rpc/dispatcher.hpp"

namespace tapswitch::api {

using network::Network;

using Handlers = std::map<std::string, rpc::Handler>;

// Writes the configuration to the startup file and returns its path.
using SaveConfiguration = std::function<std::string()>;

// The system methods tell and do these.
struct Daemon {
  std::string version;
  std::string socket_path;
  TimePoint started;
  std::function<void()> shut_down;  // begins the orderly end
  std::function<void(const std::string&)> set_log_level = {};
  LogBook log = {};
  SaveConfiguration save = {};  // null: there is no startup file
  // Gives everything to the process at the other end of the socket. Throws rpc::Error if that does
  // not take it; then nothing has changed.
  std::function<void(UniqueFd)> hand_over = {};
};

// The network, the daemon, the meter and the captures must outlive the handlers.
void add_system_handlers(Handlers& handlers, Network& network, const Daemon& daemon);
void add_switch_handlers(Handlers& handlers, Network& network);
void add_port_handlers(Handlers& handlers, Network& network);
void add_vlan_handlers(Handlers& handlers, Network& network);
void add_fdb_handlers(Handlers& handlers, Network& network);
void add_statistics_handlers(Handlers& handlers, Network& network, RateMeter& meter);
void add_trace_handlers(Handlers& handlers, Network& network);
void add_log_handlers(Handlers& handlers, const Daemon& daemon);

// From now on each line of the log is an event of topic 'log'.
void publish_log(LogBook& book, events::EventHub& hub);
void add_config_handlers(Handlers& handlers, Network& network, const SaveConfiguration& save);
void add_event_handlers(Handlers& handlers, Network& network);
void add_mirror_handlers(Handlers& handlers, Network& network);
void add_sflow_handlers(Handlers& handlers, Network& network);
void add_stp_handlers(Handlers& handlers, Network& network);
void add_capture_handlers(Handlers& handlers, network::Captures& captures);

// To be called about once a second: what subscribers of stats are due.
void publish_statistics(Network& network, RateMeter& meter, TimePoint now);

}  // namespace tapswitch::api
