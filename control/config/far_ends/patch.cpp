// SPDX-License-Identifier: Apache-2.0
#include "control/config/far_ends/patch.hpp"

#include "control/config/schema.hpp"
#include "control/rpc/error.hpp"

namespace tapswitch::config {

std::vector<rpc::Field> PatchSpec::fields() {
  return {{"peer", name_schema(), "the port at the other end: a patch that names this one", true}};
}

void PatchSpec::read(const Json& json, const std::string& port_name) {
  config::read(json, "peer", peer);
  if (peer == port_name) {
    throw rpc::invalid_params({{"peer", "'" + peer + "' is this port", "another port"}});
  }
}

void PatchSpec::write(Json& json, const std::string& /*port_name*/, Format /*format*/) const {
  json["peer"] = peer;
}

}  // namespace tapswitch::config
