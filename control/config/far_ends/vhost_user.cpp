// SPDX-License-Identifier: Apache-2.0
#include "control/config/far_ends/vhost_user.hpp"

#include "control/config/schema.hpp"
#include "control/rpc/error.hpp"

namespace tapswitch::config {

using rpc::Field;
using rpc::Schema;

std::vector<Field> VhostUserSpec::fields() {
  std::vector<Field> fields = {
      {"listen", socket_path_schema(), "the socket that the port makes for the virtual machine"},
      {"connect", socket_path_schema(), "the socket at which the virtual machine listens"},
      Reconnect::field(),
      frame_mtu_field(),
  };
  for (Field& field : SocketAccess::fields()) {
    fields.push_back(std::move(field));
  }
  return fields;
}

void VhostUserSpec::read(const Json& json, const std::string& /*port_name*/) {
  config::read(json, "listen", listen);
  config::read(json, "connect", connect);
  reconnect.read(json);
  config::read(json, "mtu", mtu);
  access.read(json);

  if (listen.has_value() == connect.has_value()) {
    const char* const member = listen ? "connect" : "listen";
    const char* const fault = listen ? "the machine is reached in one way alone"
                                     : "it is not said how the machine is reached";
    throw rpc::invalid_params({{member, fault, "one of listen and connect"}});
  }
  reconnect.check(connect.has_value());
  if (const char* const said = access.said(); connect && said != nullptr) {
    throw rpc::invalid_params(
        {{said, "the port makes no socket file", "a value beside listen alone"}});
  }
}

void VhostUserSpec::write(Json& json, const std::string& /*port_name*/, Format format) const {
  config::write(json, "listen", listen);
  config::write(json, "connect", connect);
  reconnect.write(json, connect.has_value(), format);
  config::write(json, "mtu", mtu);
  access.write(json);
}

// A socket of a 'qemu' port is named so too.
std::optional<Claim> VhostUserSpec::claim() const {
  return listen ? std::optional(Claim{.name = "socket 'unix:" + *listen + "'", .member = "listen"})
                : std::nullopt;
}

}  // namespace tapswitch::config
