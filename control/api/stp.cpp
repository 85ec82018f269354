// SPDX-License-Identifier: Apache-2.0
// stp.cpp: stp.get.
#include <chrono>

#include "control/api/arguments.hpp"
#include "control/api/handlers.hpp"
#include "control/network/describe_tree.hpp"

namespace tapswitch::api {

void add_stp_handlers(Handlers& handlers, Network& network) {
  handlers["stp.get"] = [&network](const Json& params, const rpc::Caller&) {
    const Network::RunningSwitch& home = network.find_switch(optional_text(params, "switch"));
    return network::describe_tree(home, network.trees().find(home),
                                  std::chrono::steady_clock::now());
  };
}

}  // namespace tapswitch::api
