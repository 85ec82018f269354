// SPDX-License-Identifier: Apache-2.0
// tapswitchd: one switch, or several, and a socket to control them by. This file puts the parts
// together and shows what there is; each part is explained where it lives.
#include <malloc.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include "control/api/bind.hpp"
#include "control/api/methods.hpp"
#include "control/metrics/network_page.hpp"
#include "control/network/captures.hpp"
#include "control/rpc/error.hpp"
#include "control/rpc/excerpt.hpp"
#include "control/rpc/jsonrpc.hpp"
#include "control/rpc/printable.hpp"
#include "control/server/server.hpp"
#include "control/server/socket_path.hpp"
#include "switch/system/memory_reserve.hpp"
#include "switch/system/standard_descriptors.hpp"
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

using OpenedPath = KernelResult<std::unique_ptr<KernelPath>>;

class Daemon {
 public:
  // Events to sessions pass by 'events', and sessions end with 'io' at the latest.
  Daemon(events::EventHub& events, asio::io_context& io, asio::signal_set& signals,
         const Options& options, Entrances entrances, ServiceManager& manager,
         Predecessor* predecessor, std::optional<OpenedPath> path)
      : about_{.version = version,
               .socket_path = entrances.control->path(),
               .started = std::chrono::steady_clock::now(),
               .shut_down = [this] { begin_to_end("asked to"); },
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
        captures_(network_,
                  [this](std::function<void()> task) { asio::post(io_, std::move(task)); }),
        file_(startup_file(network_, options)),
        methods_(api::methods()),
        dispatcher_(
            methods_,
            api::with_change_log(
                api::with_orderly_end(autosaved(api::bind_all(network_, about_, meter_, captures_),
                                                methods_, file_, options),
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
    dispatcher_.changes().on_left([this] {
      if (is_ending_) {
        asio::post(io_, [this] { end_if_asked(); });
      }
      if (!dispatcher_.changes().is_empty()) {
        server_.go_on_waiting();
      }
    });
    if (path) {
      network_.use_path(std::move(*path));
    }
    server_.listen(std::move(entrances.control));
    if (entrances.read_only) {
      server_.listen(std::move(entrances.read_only), true, entrances.capture_group);
    }
    if (predecessor_ != nullptr) {
      predecessor_->inheritance().build(network_, [this] { predecessor_->say_busy(); });
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
        keeps_taps_ = number == SIGTERM;
        begin_to_end(fmt::format("SIG{}", ::sigabbrev_np(number)));
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
    network_.own_ends();
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
    is_handed_over_ = true;
    for_each_socket([](auto& socket) { socket.renounce(); });
    begin_to_end("handed over");
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
    network_.own_ends();
    if (file_ && (file_->exists() || !options.autosave)) {
      file_->load();
    } else if (!has_kept) {
      config::SwitchSpec spec;
      spec.name = "sw0";
      open_ports(network_, network_.add_switch(spec), options, methods_);
    } else if (network_.switches().contains("sw0")) {
      open_ports(network_, network_.find_switch("sw0"), options, methods_);
    }
  }

  // So that TAPs and veths outlive us until the next start.
  void keep_for_the_next_start() {
    if (!manager_.is_there() || is_handed_over_) {
      return;
    }
    try {
      keep_for_the_next(manager_, network_);
      network_.let_go();
    } catch (const std::exception& error) {
      log_->warn("TAPs and veths end with the daemon: {}", error.what());
    }
  }

  void tick() {
    if (is_stopped_ || is_handed_over_) {
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

  // A change that is under way comes to its end first, and none is begun any more.
  void begin_to_end(const std::string& why) {
    is_ending_ = true;
    why_it_ends_ = why;
    asio::post(io_, [this] { end_if_asked(); });
  }

  void end_if_asked() {
    if (is_ending_ && dispatcher_.changes().is_empty() && !std::exchange(is_stopped_, true)) {
      if (keeps_taps_) {
        keep_for_the_next_start();
      }
      stop(why_it_ends_);
    }
  }

  // Ends whatever could still wait. Each handler that waits for its turn already runs once more,
  // and must not begin anything anew.
  void stop(const std::string& why) {
    log_->info("ends: {}", why);
    manager_.say_stopping();
    captures_.end_all();
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
  std::string why_it_ends_;
  bool keeps_taps_ = false;  // then, for the next start
  api::Daemon about_;
  std::shared_ptr<spdlog::logger> log_;
  asio::io_context& io_;
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
  asio::signal_set& signals_;
  asio::steady_timer tick_;
  Predecessor* predecessor_;    // null: there is none
  TimePoint forwards_since_{};  // beside it
  bool is_handed_over_ = false;
};

constexpr int usage_status = 2;

// Has the end of the terminal end the daemon, unless it was started to stay (nohup).
void heed_hang_up(asio::signal_set& signals) {
  struct sigaction before {};
  if (::sigaction(SIGHUP, nullptr, &before) == 0 && before.sa_handler != SIG_IGN) {
    signals.add(SIGHUP);
  }
}

// Returns whether 'file' has the text. Who has closed its other end has read what he wanted.
bool write(const std::string& text, std::FILE* file) {
  return (std::fputs(text.c_str(), file) >= 0 && std::fflush(file) == 0) || errno == EPIPE;
}

// Returns 'status' when the reason is told, if anybody can be told.
int fail(int status, std::string_view why, std::string_view advice = {}) {
  (void)write(fmt::format("tapswitchd: {}\n{}", rpc::printable_lines(why), advice), stderr);
  return status;
}

int answer(const Answer& answer) {
  return write(answer.text, stdout)
             ? EXIT_SUCCESS
             : fail(EXIT_FAILURE, fmt::format("cannot write: {}", std::strerror(errno)));
}

int run(int argc, const char* const* argv) {
  try {
    const Options options = parse_options(argc, argv);
    ServiceManager manager;
    events::EventHub events;
    asio::io_context io{1};
    // From here on a signal ends it in good order.
    asio::signal_set signals(io, SIGINT, SIGTERM);
    heed_hang_up(signals);
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
    std::optional<OpenedPath> path;
    if (options.has_kernel_path) {
      path.emplace(KernelPath::open());
    }
    drop_capabilities(options.config.has_value());
    if (options.is_confined) {
      refuse_other_system_calls();
    }
    Daemon daemon(events, io, signals, options, std::move(entrances), manager,
                  predecessor ? &*predecessor : nullptr, std::move(path));
    daemon.run();
    return EXIT_SUCCESS;
  } catch (const Answer& asked_for) {
    return answer(asked_for);
  } catch (const UsageError& error) {
    return fail(usage_status, error.what(), "Try 'tapswitchd --help'.\n");
  } catch (const std::exception& error) {
    return fail(EXIT_FAILURE, error.what());
  }
}

}  // namespace
}  // namespace tapswitch::daemon

int main(int argc, char** argv) {
  tapswitch::occupy_standard_descriptors();
  // A client that goes away is a failed write, not the end of the daemon; so is a file that grows
  // beyond `ulimit -f`.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  // Memory of large replies goes back to the kernel when they are sent. Without a fixed threshold
  // the first of them raises it, and those of many sessions leave a heap full of holes.
  constexpr int large = 128 * 1024;
  (void)mallopt(M_MMAP_THRESHOLD, large);
  tapswitch::memory_reserve::install();
  return tapswitch::daemon::run(argc, argv);
}
