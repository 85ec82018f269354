// SPDX-License-Identifier: Apache-2.0
#include "control/api/bind.hpp"

#include <utility>

#include "control/api/arguments.hpp"
#include "control/rpc/error.hpp"

namespace tapswitch::api {

Handlers bind_all(Network& network, const Daemon& daemon, RateMeter& meter,
                  network::Captures& captures) {
  Handlers handlers;
  add_system_handlers(handlers, network, daemon);
  add_switch_handlers(handlers, network);
  add_port_handlers(handlers, network);
  add_vlan_handlers(handlers, network);
  add_fdb_handlers(handlers, network);
  add_statistics_handlers(handlers, network, meter);
  add_trace_handlers(handlers, network);
  add_log_handlers(handlers, daemon);
  add_config_handlers(handlers, network, daemon.save);
  add_event_handlers(handlers, network);
  add_mirror_handlers(handlers, network);
  add_sflow_handlers(handlers, network);
  add_stp_handlers(handlers, network);
  add_capture_handlers(handlers, captures);
  return handlers;
}

Handlers with_orderly_end(Handlers handlers, std::span<const rpc::Method> methods,
                          const std::function<bool()>& is_ending) {
  for (const rpc::Method& method : methods) {
    const auto found = handlers.find(method.name);
    if (!method.changes || found == handlers.end()) {
      continue;
    }
    found->second = [is_ending, handler = std::move(found->second)](
                        const Json& params, const rpc::Caller& caller) -> rpc::Outcome {
      if (is_ending()) {
        throw rpc::Error(rpc::ErrorKind::shutting_down, "the daemon is about to end");
      }
      return handler(params, caller);
    };
  }
  return handlers;
}

Handlers with_change_log(Handlers handlers, std::span<const rpc::Method> methods,
                         const ChangeLog& log) {
  for (const rpc::Method& method : methods) {
    const auto found = handlers.find(method.name);
    if (!method.changes || found == handlers.end()) {
      continue;
    }
    found->second = [name = method.name, handler = std::move(found->second), log](
                        const Json& params, const rpc::Caller& caller) -> rpc::Outcome {
      if (is_dry_run(params)) {
        return handler(params, caller);
      }
      rpc::Caller asker = caller;  // as far as the log is concerned
      asker.outlet = nullptr;
      asker.descriptors = nullptr;
      return rpc::and_then(handler(params, caller),
                           [&params, name, log, asker] { log(name, params, asker); });
    };
  }
  return handlers;
}

}  // namespace tapswitch::api
