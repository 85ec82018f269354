// SPDX-License-Identifier: Apache-2.0
// tapswitchd: one switch, or several, and a socket to control them by. This file puts the parts
// together and shows what there is; each part is explained where it lives.
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <exception>

#include <fmt/format.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include "control/api/bind.hpp"
#include "control/api/methods.hpp"
#include "control/config/document.hpp"
#include "control/server/server.hpp"
#include "control/server/socket_path.hpp"
#include "tools/tapswitchd/options.hpp"
#include "tools/version.hpp"

namespace tapswitch::daemon {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::seconds tick_interval{1};
constexpr mode_t public_socket_mode = 0666;

class Daemon {
 public:
  explicit Daemon(const Options& options)
      : log_("tapswitchd", std::make_shared<spdlog::sinks::stderr_color_sink_st>()),
        network_(
            {.worker_count = options.workers,
             .busy_poll = std::chrono::microseconds(options.busy_poll)},
            [this](std::function<void()> task) { asio::post(io_, std::move(task)); },
            [this](const std::string& notice) { log_.warn(notice); }),
        about_{.version = version,
               .socket_path = server::socket_path(options.socket, server::socket_environment()),
               .started = std::chrono::steady_clock::now(),
               .shut_down = [this] { asio::post(io_, [this] { stop("asked to"); }); }},
        methods_(api::methods()),
        dispatcher_(methods_,
                    api::with_change_log(
                        api::bind_all(network_, about_, meter_), methods_,
                        [this](const std::string& method, const Json& params,
                               const rpc::Caller& caller) { log_change(method, params, caller); }),
                    [this](std::string_view method, std::string_view what) {
                      log_.error("bug: {} failed: {}", method, what);
                    }),
        server_(io_,
                [this](std::string_view line, const rpc::Caller& caller) {
                  return dispatcher_.answer(line, caller);
                }),
        signals_(io_, SIGINT, SIGTERM),
        tick_(io_) {
    log_.set_level(spdlog::level::from_str(options.log_level));
    // First the right to run at all, then what is to be there when clients come.
    server_.listen({.path = about_.socket_path, .group = options.socket_group});
    if (options.read_only_socket) {
      server_.listen({.path = *options.read_only_socket, .mode = public_socket_mode, .group = {}},
                     true);
    }
    open_first_switch(options);
  }

  void run() {
    signals_.async_wait([this](boost::system::error_code error, int number) {
      if (!error) {
        stop(number == SIGINT ? "SIGINT" : "SIGTERM");
      }
    });
    tick();
    server_.start();
    log_.info("tapswitchd {} answers on {}", version, about_.socket_path);
    io_.run();
  }

 private:
  void open_first_switch(const Options& options) {
    config::SwitchSpec spec;
    spec.name = "sw0";
    auto& home = network_.add_switch(spec);
    for (const std::string& name : options.ports) {
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
    const TimePoint now = std::chrono::steady_clock::now();
    network_.tick(now);
    meter_.tick(network_, now);
    tick_.expires_after(tick_interval);
    tick_.async_wait([this](boost::system::error_code error) {
      if (!error) {
        tick();
      }
    });
  }

  // Ends whatever could still wait; run() then returns by itself.
  void stop(const char* why) {
    log_.info("ends: {}", why);
    signals_.cancel();
    tick_.cancel();
    server_.stop();
  }

  void log_change(const std::string& method, const Json& params, const rpc::Caller& caller) {
    log_.info("uid {} pid {}: {} {}", caller.uid, caller.pid, method,
              params.dump(-1, ' ', false, Json::error_handler_t::replace));
  }

  spdlog::logger log_;
  asio::io_context io_{1};
  api::Network network_;
  api::Daemon about_;
  api::RateMeter meter_;
  std::vector<rpc::Method> methods_;
  rpc::Dispatcher dispatcher_;
  server::Server server_;
  asio::signal_set signals_;
  asio::steady_timer tick_;
};

constexpr int usage_status = 2;

int run(int argc, const char* const* argv) {
  try {
    Daemon daemon(parse_options(argc, argv));
    daemon.run();
    return EXIT_SUCCESS;
  } catch (const Answer& answer) {
    fmt::print("{}", answer.text);
    return EXIT_SUCCESS;
  } catch (const UsageError& error) {
    fmt::print(stderr, "tapswitchd: {}\nTry 'tapswitchd --help'.\n", error.what());
    return usage_status;
  } catch (const std::exception& error) {
    fmt::print(stderr, "tapswitchd: {}\n", error.what());
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
