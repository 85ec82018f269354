// SPDX-License-Identifier: Apache-2.0
#include "control/config/far_ends/interface.hpp"

#include "control/config/schema.hpp"

namespace tapswitch::config {

using rpc::Field;
using rpc::Schema;

std::vector<Field> InterfaceSpec::fields() {
  return {
      {"interface", interface_schema(),
       "the interface, which must exist and is left as it is; default: the port's name"},
      {"namespace", namespace_schema(),
       "the network namespace of the interface; default: the daemon's"},
      {"offload", Schema::boolean(),
       "streams of TCP and UDP leave uncut and with unfinished checksums; in any case they may "
       "come in so",
       false, true},
      {"reopen", Schema::boolean(),
       "when the interface or its namespace is gone, the port is opened anew as soon as it can be",
       false, false},
  };
}

void InterfaceSpec::read(const Json& json, const std::string& port_name) {
  config::read(json, "interface", interface);
  config::read(json, "namespace", name_space);
  config::read(json, "offload", offload);
  config::read(json, "reopen", reopen);
  name_interface(interface, port_name);
}

void InterfaceSpec::write(Json& json, const std::string& port_name, Format format) const {
  config::write(json, "interface", interface, port_name, format);
  config::write(json, "namespace", name_space);
  config::write(json, "offload", offload, true, format);
  config::write(json, "reopen", reopen, false, format);
}

std::optional<Claim> InterfaceSpec::claim() const { return interface_claim(interface, name_space); }

bool InterfaceSpec::can_become(const InterfaceSpec& wanted) const {
  InterfaceSpec changed = *this;
  changed.reopen = wanted.reopen;
  changed.offload = wanted.offload;
  return changed == wanted;
}

}  // namespace tapswitch::config
