// SPDX-License-Identifier: Apache-2.0
// system.cpp: system.info, system.shutdown and rpc.discover.
#include <unistd.h>

#include "control/api/handlers.hpp"
#include "control/api/methods.hpp"
#include "control/api/offload_names.hpp"
#include "control/rpc/limits.hpp"
#include "control/rpc/openrpc.hpp"

namespace tapswitch::api {
namespace {

Json limits_to_json() {
  const rpc::Limits limits;
  return {{"line_bytes", limits.line_bytes},
          {"nesting", limits.nesting},
          {"batch_requests", limits.batch_requests},
          {"sessions", limits.sessions},
          {"unsent_bytes_per_session", limits.unsent_bytes_per_session},
          {"switches", Network::max_switches},
          {"ports_per_switch", max_ports},
          {"stations_per_switch", SwitchOptions::max_fdb_capacity},
          {"frame_bytes", FrameBuffer::max_frame_size}};
}

Json info(const Network& network, const Daemon& daemon) {
  const auto uptime = std::chrono::steady_clock::now() - daemon.started;
  return {{"version", daemon.version},
          {"pid", getpid()},
          {"uptime_seconds", std::chrono::duration_cast<std::chrono::seconds>(uptime).count()},
          {"workers", network.worker_count()},
          {"switches", network.switches().size()},
          {"ports", network.ports().size()},
          {"limits", limits_to_json()},
          {"offloads", offloads_to_json(network.offloads())},
          {"socket", daemon.socket_path}};
}

}  // namespace

void add_system_handlers(Handlers& handlers, Network& network, const Daemon& daemon) {
  handlers["system.info"] = [&network, &daemon](const Json&, const rpc::Caller&) {
    return info(network, daemon);
  };
  handlers["system.shutdown"] = [&daemon](const Json&, const rpc::Caller&) {
    daemon.shut_down();
    return Json::object();
  };
  handlers["rpc.discover"] = [&daemon](const Json&, const rpc::Caller&) {
    return rpc::openrpc_document(methods(), daemon.version);
  };
}

}  // namespace tapswitch::api
