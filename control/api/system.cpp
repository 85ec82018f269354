// SPDX-License-Identifier: Apache-2.0
// system.cpp: system.info, system.shutdown and rpc.discover.
#include <sys/utsname.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "control/api/arguments.hpp"
#include "control/api/handlers.hpp"
#include "control/api/in_pieces.hpp"
#include "control/api/methods.hpp"
#include "control/config/document.hpp"
#include "control/config/offload_names.hpp"
#include "control/network/describe.hpp"
#include "control/rpc/error.hpp"
#include "control/rpc/jsonrpc.hpp"
#include "control/rpc/limits.hpp"
#include "control/rpc/openrpc.hpp"
#include "switch/system/net_namespace.hpp"

namespace tapswitch::api {
namespace {

std::int64_t seconds(std::chrono::milliseconds time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time).count();
}

Json limits_to_json() {
  const rpc::Limits limits;
  return {{"line_bytes", limits.line_bytes},
          {"read_only_line_bytes", limits.read_only_line_bytes},
          {"nesting", limits.nesting},
          {"values", limits.values},
          {"batch_requests", limits.batch_requests},
          {"sessions", limits.sessions},
          {"read_only_sessions", limits.read_only_sessions},
          {"read_only_sessions_per_user", limits.read_only_sessions_per_user},
          {"descriptors_per_line", limits.descriptors_per_line},
          {"unsent_bytes_per_session", limits.unsent_bytes_per_session},
          {"unsent_event_bytes_per_session", limits.unsent_event_bytes_per_session},
          {"unsent_bytes_per_user", limits.unsent_bytes_per_user},
          {"unsent_bytes_per_socket", limits.unsent_bytes_per_socket},
          {"long_lines_per_user", limits.long_lines_per_user},
          {"long_lines_per_socket", limits.long_lines_per_socket},
          {"deaf_seconds", seconds(limits.patience_with_deaf_sessions)},
          {"subscriptions_per_session", limits.subscriptions_per_session},
          {"switches", Network::max_switches},
          {"ports_per_switch", max_ports},
          {"stations_per_switch", SwitchOptions::max_fdb_capacity},
          {"frame_bytes", FrameBuffer::max_frame_size},
          {"mirrors_per_switch", max_mirrors},
          {"sflow_collectors", config::max_collectors},
          {"captures", network::Captures::most},
          {"document_file_bytes", config::most_document_bytes}};
}

// Returns what depends on the machine and on the rights that the daemon was started with.
Json kernel_to_json() {
  utsname system{};
  uname(&system);
  return {{"release", static_cast<const char*>(system.release)},
          {"namespaces", can_enter_net_namespaces()}};
}

Json info(const Network& network, const Daemon& daemon, const Json& kernel) {
  const auto uptime = std::chrono::steady_clock::now() - daemon.started;
  return {{"version", daemon.version},
          {"pid", getpid()},
          {"uptime_seconds", std::chrono::duration_cast<std::chrono::seconds>(uptime).count()},
          {"workers", network.worker_count()},
          {"switches", network.switches().size()},
          {"ports", network.ports().size()},
          {"revision", network.revision()},
          {"limits", limits_to_json()},
          {"offloads", config::offloads_to_json(network.offloads())},
          {"kernel", kernel},
          {"kernel_path", network::path_to_json(network.path_refusal())},
          {"socket", daemon.socket_path}};
}

// Whoever gets the TAPs has the network, so it must be one who could have ended the daemon.
Json hand_over(const Daemon& daemon, const Json& params, const rpc::Caller& caller) {
  if (caller.uid != 0 && caller.uid != geteuid()) {
    throw rpc::Error(rpc::ErrorKind::permission_denied,
                     "only root and the daemon's own user can have the daemon hand over");
  }
  if (!daemon.hand_over) {
    throw rpc::Error(rpc::ErrorKind::unsupported, "this daemon cannot hand over");
  }
  daemon.hand_over(take_descriptor(params, caller));
  return Json::object();
}

}  // namespace

void add_system_handlers(Handlers& handlers, Network& network, const Daemon& daemon) {
  // Found out when somebody asks first, and then kept: it does not change.
  handlers["system.info"] = [&network, &daemon, kernel = Json()](const Json&,
                                                                 const rpc::Caller&) mutable {
    if (kernel.is_null()) {
      kernel = kernel_to_json();
    }
    return info(network, daemon, kernel);
  };
  handlers["system.shutdown"] = [&daemon](const Json& params, const rpc::Caller&) {
    if (is_dry_run(params)) {
      return plan("- daemon");
    }
    daemon.shut_down();
    return Json::object();
  };
  handlers["system.hand_over"] = [&daemon](const Json& params, const rpc::Caller& caller) {
    return hand_over(daemon, params, caller);
  };
  // The text is drawn once: that takes longer than to answer any other question.
  handlers["rpc.discover"] = [&daemon, text = std::shared_ptr<const std::string>()](
                                 const Json&, const rpc::Caller&) mutable {
    if (!text) {
      text = std::make_shared<const std::string>(
          rpc::to_line(rpc::openrpc_document(methods(), daemon.version)));
    }
    auto answer = std::make_unique<InPieces>();
    answer->say(text);
    return answer;
  };
}

}  // namespace tapswitch::api
