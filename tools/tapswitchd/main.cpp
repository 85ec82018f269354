// SPDX-License-Identifier: Apache-2.0
// tapswitchd: one switch, or several, and a socket to control them by. This file puts the parts
// together and shows what there is; each part is explained where it lives.
#include <csignal>
#include <cstdlib>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include "control/api/bind.hpp"
#include "control/api/methods.hpp"
#include "control/config/document.hpp"
#include "control/metrics/network_page.hpp"
#include "control/rpc/error.hpp"
#include "control/rpc/excerpt.hpp"
#include "control/rpc/jsonrpc.hpp"
#include "control/rpc/printable.hpp"
#include "control/server/server.hpp"
#include "control/server/socket_path.hpp"
#include "tools/tapswitchd/entrances.hpp"
#include "tools/tapswitchd/event_loop.hpp"
#include "tools/tapswitchd/fd_store.hpp"
#include "tools/tapswitchd/hand_over.hpp"
#include "tools/tapswitchd/log.hpp"
#include "tools/tapswitchd/options.hpp"
#include "tools/tapswitchd/rights.hpp"
#include "tools/tapswitchd/service_manager.hpp"
#include "tools/tapswitchd/startup.hpp"
#include "tools/tapswitchd/system_calls.hpp"
#include "tools/tapswitchd/watch.hpp"
#include "tools/version.hpp"

namespace tapswitch::daemon {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::seconds tick_interval{1};
// How long sessions may take to hear their last words: more than Session gives each of them.
constexpr std::chrono::seconds longest_end{3};
constexpr std::size_t longest_change = 1'024;  // bytes of a change that are logged

double milliseconds(TimePoint::duration time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

class Daemon {
 public:
  // Events to sessions pass by 'events', and sessions end with 'io' at the latest.
  Daemon(events::EventHub& events, asio::io_context& io, asio::signal_set& signals,
         const Options& options, Entrances entrances, ServiceManager& manager,
         Predecessor* predecessor)
      : about_{.version = version,
               .socket_path = entrances.control->path(),
               .started = std::chrono::steady_clock::now(),
               .shut_down =
                   [this] {
                     is_ending_ = true;
                     asio::post(io_, [this] { stop("asked to"); });
                   },
               .set_log_level =
                   [this](const std::string& level) {
                     log_->set_level(spdlog::level::from_str(level));
                   },
               .save = save_to(options, file_),
               .hand_over = [this](UniqueFd successor) { hand_over(std::move(successor)); }},
        log_(open_log(about_.log, options.log_level)),
        io_(io),
        manager_(manager),
        network_(
            {.worker_count = options.workers,
             .busy_poll = std::chrono::microseconds(options.busy_poll)},
            [this](std::function<void()> task) { asio::post(io_, std::move(task)); }, events,
            [this](const std::string& notice) { log_->warn(notice); }),
        file_(startup_file(network_, options)),
        methods_(api::methods()),
        dispatcher_(
            methods_,
            api::with_change_log(
                api::with_orderly_end(
                    autosaved(api::bind_all(network_, about_, meter_), methods_, file_, options),
                    methods_, [this] { return is_ending_ || is_handed_over_; }),
                methods_,
                [this](const std::string& method, const Json& params, const rpc::Caller& caller) {
                  log_change(method, params, caller);
                }),
            [this](std::string_view method, std::string_view what) {
              log_->error("bug: {} failed: {}", method, what);
            }),
        server_(io_,
                [this](std::string_view line) {
                  return is_handed_over_ ? handed_over_reply() : dispatcher_.begin(line);
                }),
        metrics_(std::move(entrances.metrics)),
        signals_(signals),
        tick_(io_),
        predecessor_(predecessor) {
    api::publish_log(about_.log, events);
    server_.listen(std::move(entrances.control));
    if (entrances.read_only) {
      server_.listen(std::move(entrances.read_only), true);
    }
    if (predecessor_ != nullptr) {
      predecessor_->inheritance().build(network_);
      forwards_since_ = std::chrono::steady_clock::now();
    } else {
      begin(options);
    }
  }

  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;
  ~Daemon() = default;

  void run() {
    signals_.async_wait([this](boost::system::error_code error, int number) {
      if (!error) {
        if (number == SIGTERM) {
          keep_for_the_next_start();
        }
        stop(number == SIGINT ? "SIGINT" : "SIGTERM");
      }
    });
    tick();
    links_.start(network_.links_descriptor());
    reception_.start(network_.reception_descriptor());
    if (predecessor_ != nullptr) {
      take_the_place();
    }
    server_.start();
    if (metrics_) {
      metrics_->start([this] { return open_metrics_page(); }, server_.rota());
      log_->info("metrics are on {}", metrics_->url());
    }
    log_->info("tapswitchd {} answers on {}", version, about_.socket_path);
    manager_.say_ready("answers on " + about_.socket_path);
    run_to_the_end(io_, longest_end, *log_);
  }

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
  void take_the_place() {
    predecessor_->let_go();
    const TimePoint now = std::chrono::steady_clock::now();
    for_each_socket([this](auto& socket) {
      try {
        socket.claim();
      } catch (const std::exception& error) {
        log_->warn("{}", error.what());  // the lock is ours, and only says another's pid
      }
    });
    log_->info(
        "took {} ports over from {}: both forwarded for {:.1f} ms, requests waited {:.1f} ms",
        network_.ports().size(), predecessor_->name(), milliseconds(now - forwards_since_),
        milliseconds(now - predecessor_->inheritance().told_at()));
  }

  // Throws rpc::Error if the successor does not take it: then all goes on as before. Otherwise all
  // is the successor's when it returns, and this daemon receives no frame and opens nothing more.
  void hand_over(UniqueFd successor) {
    std::vector<HandedSocket> sockets;
    for (const server::Server::Entrance& entrance : server_.entrances()) {
      sockets.push_back(
          {entrance.is_read_only ? read_only_name : "control", entrance.listener->descriptors()});
    }
    if (metrics_) {
      sockets.push_back({metrics_name, metrics_->descriptors()});
    }
    daemon::hand_over(std::move(successor), network_, sockets);
    is_handed_over_ = is_ending_ = true;
    for_each_socket([](auto& socket) { socket.renounce(); });
    asio::post(io_, [this] { stop("handed over"); });
  }

  // A change of the network would be lost now.
  static std::unique_ptr<rpc::Answering> handed_over_reply() {
    return std::make_unique<rpc::KnownReply>(rpc::to_line(rpc::error_reply(
        nullptr, rpc::Error(rpc::ErrorKind::shutting_down,
                            "the daemon has handed over to its successor: connect again"))));
  }

  // With what the service manager has kept from the last time, and then as the options say.
  void begin(const Options& options) {
    bool has_kept = false;
    try {
      if (auto kept = take_kept(manager_)) {
        kept->build(network_);
        has_kept = true;
        log_->info("the service manager has kept {} ports: nobody forwarded for at most {:.1f} ms",
                   network_.ports().size(),
                   milliseconds(std::chrono::steady_clock::now() - kept->told_at()));
      }
    } catch (const std::exception& error) {
      // TAPs that are not there yet are made anew below.
      log_->error("what the service manager has kept is not usable: {}", error.what());
      has_kept = !network_.switches().empty();
    }
    if (file_ && (file_->exists() || !options.autosave)) {
      file_->load();
    } else if (!has_kept) {
      open_first_switch(options);
    } else if (network_.switches().contains("sw0")) {
      open_ports(network_.find_switch("sw0"), options);
    }
  }

  // So that the TAPs outlive us until the next start.
  void keep_for_the_next_start() {
    if (!manager_.is_there() || is_handed_over_) {
      return;
    }
    try {
      keep_for_the_next(manager_, network_);
    } catch (const std::exception& error) {
      log_->warn("the TAPs end with the daemon: {}", error.what());
    }
  }

  void open_first_switch(const Options& options) {
    config::SwitchSpec spec;
    spec.name = "sw0";
    open_ports(network_.add_switch(spec), options);
  }

  // Opens the ports of the command line that are not there.
  void open_ports(network::Network::RunningSwitch& home, const Options& options) {
    for (const std::string& name : options.ports) {
      if (network_.ports().contains(name)) {
        continue;
      }
      const Json json = {{"name", name}};
      for (const rpc::Problem& problem : rpc_schema_of("port.add").check(json)) {
        throw UsageError(
            fmt::format("--port '{}': {} (allowed: {})", name, problem.problem, problem.allowed));
      }
      config::PortSpec port;
      config::change(port, json);
      network_.add_port(home, port);
    }
  }

  [[nodiscard]] const rpc::Schema& rpc_schema_of(std::string_view method) const {
    for (const rpc::Method& row : methods_) {
      if (row.name == method) {
        return row.params;
      }
    }
    throw std::logic_error(std::string(method));
  }

  void tick() {
    if (is_ending_) {
      return;  // it waited for its turn when that began
    }
    // First, so that there is a next one whatever becomes of this one.
    tick_.expires_after(tick_interval);
    tick_.async_wait([this](boost::system::error_code error) {
      if (!error) {
        tick();
      }
    });
    const TimePoint now = std::chrono::steady_clock::now();
    manager_.say_alive();
    network_.tick(now);
    meter_.tick(network_, now);
    api::publish_statistics(network_, meter_, now);
    look_for_sockets();
  }

  void look_for_sockets() {
    for (const server::Server::Entrance& entrance : server_.entrances()) {
      if (entrance.listener->has_lost_file()) {
        log_->warn(
            "the socket file '{}' is gone or another is in its place, and nobody can reach this "
            "daemon by it: start it anew",
            entrance.listener->path());
      }
    }
  }

  // Ends whatever could still wait. Each handler that waits for its turn already runs once more,
  // and must not begin anything anew.
  void stop(const char* why) {
    is_ending_ = true;
    if (std::exchange(is_stopped_, true)) {
      return;
    }
    log_->info("ends: {}", why);
    manager_.say_stopping();
    signals_.cancel();
    tick_.cancel();
    links_.stop();
    reception_.stop();
    server_.stop();
    if (metrics_) {
      metrics_->stop();
    }
    io_.stop();
  }

  std::unique_ptr<metrics::Page> open_metrics_page() {
    return std::make_unique<metrics::NetworkPage>(
        network_,
        metrics::DaemonFacts{
            .version = version, .started = started_, .sessions = server_.session_count()});
  }

  void log_change(const std::string& method, const Json& params, const rpc::Caller& caller) {
    // A request may be as long as a line of the socket.
    log_->info("uid {} pid {}: {} {}", caller.uid, caller.pid, method,
               rpc::excerpt(rpc::to_line(params), longest_change));
  }

  const std::chrono::system_clock::time_point started_ = std::chrono::system_clock::now();
  bool is_ending_ = false;  // somebody has asked for it: nothing is begun any more
  bool is_stopped_ = false;
  api::Daemon about_;
  std::shared_ptr<spdlog::logger> log_;
  asio::io_context& io_;
  ServiceManager& manager_;
  network::Network network_;
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
  asio::signal_set& signals_;
  asio::steady_timer tick_;
  Predecessor* predecessor_;    // null: there is none
  TimePoint forwards_since_{};  // beside it
  bool is_handed_over_ = false;
};

constexpr int usage_status = 2;

int run(int argc, const char* const* argv) {
  try {
    const Options options = parse_options(argc, argv);
    ServiceManager manager;
    events::EventHub events;
    asio::io_context io{1};
    // From here on a signal ends it in good order.
    asio::signal_set signals(io, SIGINT, SIGTERM);
    // First the right to run at all; then no more rights than that, before there is a second
    // thread.
    std::vector<PassedSocket> sockets = manager.take_sockets();
    std::optional<Predecessor> predecessor;
    if (options.takes_over) {
      predecessor.emplace(server::socket_path(options.socket, server::socket_environment()));
      sockets = predecessor->take_sockets();
    }
    Entrances entrances = open_entrances(io, options, std::move(sockets));
    raise_descriptor_limit();
    drop_capabilities(options.config.has_value());
    if (options.is_confined) {
      refuse_other_system_calls();
    }
    Daemon daemon(events, io, signals, options, std::move(entrances), manager,
                  predecessor ? &*predecessor : nullptr);
    daemon.run();
    return EXIT_SUCCESS;
  } catch (const Answer& answer) {
    fmt::print("{}", answer.text);
    return EXIT_SUCCESS;
  } catch (const UsageError& error) {
    fmt::print(stderr, "tapswitchd: {}\nTry 'tapswitchd --help'.\n",
               rpc::printable_lines(error.what()));
    return usage_status;
  } catch (const std::exception& error) {
    fmt::print(stderr, "tapswitchd: {}\n", rpc::printable_lines(error.what()));
    return EXIT_FAILURE;
  }
}

}  // namespace
}  // namespace tapswitch::daemon

int main(int argc, char** argv) {
  // A client that goes away is a failed write, not the end of the daemon.
  std::signal(SIGPIPE, SIG_IGN);
  return tapswitch::daemon::run(argc, argv);
}
