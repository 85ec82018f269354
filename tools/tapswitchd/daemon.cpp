// SPDX-License-Identifier: Apache-2.0
#include "tools/tapswitchd/daemon.hpp"

#include <cstring>
#include <exception>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <boost/asio/post.hpp>

#include "control/api/methods.hpp"
#include "control/rpc/error.hpp"
#include "control/rpc/excerpt.hpp"
#include "control/rpc/jsonrpc.hpp"
#include "tools/tapswitchd/fd_store.hpp"
#include "tools/tapswitchd/log.hpp"
#include "tools/tapswitchd/startup.hpp"
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

}  // namespace

Daemon::Daemon(events::EventHub& events, asio::io_context& io, asio::signal_set& signals,
               const Options& options, Entrances entrances, ServiceManager& manager,
               Predecessor* predecessor, std::optional<OpenedPath> path, SflowSockets sflow_sockets)
    : about_{
          .version = version,
          .socket_path = entrances.control->path(),
          .started = std::chrono::steady_clock::now(),
          .shut_down = [this] { begin_to_end("asked to"); },
          .set_log_level =
              [this](const std::string& level) { log_->set_level(spdlog::level::from_str(level)); },
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
      captures_(network_, [this](std::function<void()> task) { asio::post(io_, std::move(task)); }),
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
  dispatcher_.on_left([this] {
    if (is_ending_) {
      asio::post(io_, [this] { end_if_asked(); });
    }
    if (dispatcher_.is_any_under_way()) {
      server_.go_on_waiting();
    }
  });
  network_.sampling().use(std::move(sflow_sockets));
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

void Daemon::run() {
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

void Daemon::take_the_place() {
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
  log_->info("took {} ports over from {}: both forwarded for {:.1f} ms, requests waited {:.1f} ms",
             network_.ports().size(), predecessor_->name(), milliseconds(now - forwards_since_),
             milliseconds(now - predecessor_->inheritance().told_at()));
}

void Daemon::hand_over(UniqueFd successor) {
  std::vector<HandedSocket> sockets;
  for (const server::Server::Entrance& entrance : server_.entrances()) {
    sockets.push_back(
        {entrance.is_read_only ? read_only_name : "control", entrance.listener->descriptors()});
  }
  if (metrics_) {
    sockets.push_back({metrics_name, metrics_->descriptors()});
  }
  try {
    daemon::hand_over(std::move(successor), network_, sockets);
  } catch (const rpc::Error& error) {
    log_->warn("{}", error.what());
    throw;
  }
  is_handed_over_ = true;
  for_each_socket([](auto& socket) { socket.renounce(); });
  begin_to_end("handed over");
}

std::unique_ptr<rpc::Answering> Daemon::handed_over_reply() {
  return std::make_unique<rpc::KnownReply>(rpc::to_line(rpc::error_reply(
      nullptr, rpc::Error(rpc::ErrorKind::shutting_down,
                          "the daemon has handed over to its successor: connect again"))));
}

void Daemon::begin(const Options& options) {
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
    file_->load(options.is_strict ? api::Apply::Unopened::refused : api::Apply::Unopened::awaited);
  } else if (!has_kept) {
    config::SwitchSpec spec;
    spec.name = "sw0";
    open_ports(network_, network_.add_switch(spec), options, methods_);
  } else if (network_.switches().contains("sw0")) {
    open_ports(network_, network_.find_switch("sw0"), options, methods_);
  }
}

void Daemon::keep_for_the_next_start() {
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

void Daemon::tick() {
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
  sample_rates(now);
  look_for_sockets();
}

// Goes on in further turns of this thread, and publishes what the samples show when all are taken.
void Daemon::sample_rates(TimePoint now) {
  if (is_stopped_ || is_handed_over_) {
    return;
  }
  if (meter_.sample_some(network_, now)) {
    asio::post(io_, [this, now] { sample_rates(now); });
  } else {
    api::publish_statistics(network_, meter_, now);
  }
}

void Daemon::look_for_sockets() {
  for (const server::Server::Entrance& entrance : server_.entrances()) {
    if (entrance.listener->has_lost_file()) {
      log_->warn(
          "the socket file '{}' is gone or another is in its place, and nobody can reach this "
          "daemon by it: start it anew",
          entrance.listener->path());
    }
  }
}

void Daemon::begin_to_end(const std::string& why) {
  is_ending_ = true;
  why_it_ends_ = why;
  asio::post(io_, [this] { end_if_asked(); });
}

void Daemon::end_if_asked() {
  if (is_ending_ && dispatcher_.changes().is_empty() && !std::exchange(is_stopped_, true)) {
    if (keeps_taps_) {
      keep_for_the_next_start();
    }
    stop(why_it_ends_);
  }
}

void Daemon::stop(const std::string& why) {
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

std::unique_ptr<metrics::Page> Daemon::open_metrics_page() {
  return std::make_unique<metrics::NetworkPage>(
      network_, metrics::DaemonFacts{
                    .version = version, .started = started_, .sessions = server_.session_count()});
}

void Daemon::log_change(const std::string& method, const Json& params, const rpc::Caller& caller) {
  // A request may be as long as a line of the socket.
  log_->info("uid {} pid {}: {} {}", caller.uid, caller.pid, method,
             rpc::excerpt(rpc::to_line(params), longest_change));
}

}  // namespace tapswitch::daemon
