// SPDX-License-Identifier: Apache-2.0
// daemon.hpp: all that a running tapswitchd has, put together: the network, the methods, the
// sockets by which it is reached, and how it begins and ends. Each part is explained where it
// lives. Threads: that of 'io', but for what the parts say of themselves.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <spdlog/logger.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include "control/api/bind.hpp"
#include "control/api/startup_file.hpp"
#include "control/metrics/network_page.hpp"
#include "control/network/captures.hpp"
#include "control/network/network.hpp"
#include "control/rpc/dispatcher.hpp"
#include "control/server/server.hpp"
#include "tools/tapswitchd/entrances.hpp"
#include "tools/tapswitchd/event_loop.hpp"
#include "tools/tapswitchd/hand_over.hpp"
#include "tools/tapswitchd/options.hpp"
#include "tools/tapswitchd/service_manager.hpp"
#include "tools/tapswitchd/watch.hpp"

namespace tapswitch::daemon {

class Daemon {
 public:
  using OpenedPath = KernelResult<std::unique_ptr<KernelPath>>;

  // Events to sessions pass by 'events', and sessions end with 'io' at the latest. Throws what
  // keeps it from beginning.
  Daemon(events::EventHub& events, boost::asio::io_context& io, boost::asio::signal_set& signals,
         const Options& options, Entrances entrances, ServiceManager& manager,
         Predecessor* predecessor, std::optional<OpenedPath> path, SflowSockets sflow_sockets);
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;
  ~Daemon() = default;

  // Returns at its end.
  void run();

 private:
  // Calls 'visit' with each socket by which we are reached.
  template <class Visit>
  void for_each_socket(const Visit& visit) {
    for (const server::Server::Entrance& entrance : server_.entrances()) {
      visit(*entrance.listener);
    }
    if (metrics_) {
      visit(*metrics_);
    }
  }

  // Throws std::runtime_error if the predecessor does not give it up.
  void take_the_place();
  // Throws rpc::Error if the successor does not take it: then all goes on as before. Otherwise all
  // is the successor's when it returns, and this daemon receives no frame and opens nothing more.
  void hand_over(UniqueFd successor);
  // Returns the answer to whoever asks afterwards: a change of the network would be lost.
  static std::unique_ptr<rpc::Answering> handed_over_reply();
  // Begins with what the service manager has kept from the last time, and then as the options say.
  void begin(const Options& options);
  // Sees to it that TAPs and veths outlive this process until the next start.
  void keep_for_the_next_start();
  void tick();
  void sample_rates(TimePoint now);
  void look_for_sockets();
  // Has a change that is under way come to its end first; none is begun any more.
  void begin_to_end(const std::string& why);
  void end_if_asked();
  // Ends whatever could still wait. Each handler that waits for its turn already runs once more,
  // and must not begin anything anew.
  void stop(const std::string& why);
  std::unique_ptr<metrics::Page> open_metrics_page();
  void log_change(const std::string& method, const Json& params, const rpc::Caller& caller);

  const std::chrono::system_clock::time_point started_ = std::chrono::system_clock::now();
  bool is_ending_ = false;  // somebody has asked for it: nothing is begun any more
  bool is_stopped_ = false;
  std::string why_it_ends_;
  bool keeps_taps_ = false;  // then, for the next start
  api::Daemon about_;
  std::shared_ptr<spdlog::logger> log_;
  boost::asio::io_context& io_;
  ServiceManager& manager_;
  network::Network network_;
  network::Captures captures_;
  Watch links_{io_, [this] {
                 network_.follow_links();
                 network_.reopen_lost(std::chrono::steady_clock::now());
               }};
  Watch reception_{io_, [this] { network_.attend(); }};
  std::unique_ptr<api::StartupFile> file_;  // null without --config
  api::RateMeter meter_;
  std::vector<rpc::Method> methods_;
  rpc::Dispatcher dispatcher_;
  server::Server server_;
  std::unique_ptr<metrics::HttpServer> metrics_;  // may be null
  boost::asio::signal_set& signals_;
  boost::asio::steady_timer tick_;
  Predecessor* predecessor_;    // null: there is none
  TimePoint forwards_since_{};  // beside it
  bool is_handed_over_ = false;
};

}  // namespace tapswitch::daemon
