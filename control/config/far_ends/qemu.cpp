// SPDX-License-Identifier: Apache-2.0
#include "control/config/far_ends/qemu.hpp"

#include <utility>

#include <fmt/format.h>

#include "control/config/schema.hpp"
#include "control/rpc/error.hpp"
#include "switch/system/socket_address.hpp"

namespace tapswitch::config {

using rpc::Field;
using rpc::Schema;

namespace {

constexpr const char* one_of_three = "one of listen, connect and datagram";

Schema address_schema() {
  return Schema::text(
      "socket-address",
      fmt::format("unix:PATH, tcp:ADDRESS:PORT or tcp:[IPV6-ADDRESS]:PORT, the path absolute and "
                  "of at most {} bytes",
                  SocketAddress::max_path_size),
      [](std::string_view text) { return SocketAddress::parse(text).has_value(); });
}

}  // namespace

std::vector<Field> QemuSpec::fields() {
  std::vector<Field> fields = {
      {"listen", address_schema(), "where the port listens for the virtual machine"},
      {"connect", address_schema(), "where the virtual machine listens for the port"},
      {"datagram",
       Schema::object(
           {{"local", socket_path_schema(), "the socket of the port", true},
            {"remote", socket_path_schema(), "the socket of the virtual machine", true}}),
       "a Unix datagram socket instead of a stream: each datagram is a frame"},
      Reconnect::field(),
      frame_mtu_field(),
  };
  for (Field& field : SocketAccess::fields()) {
    fields.push_back(std::move(field));
  }
  return fields;
}

void QemuSpec::read(const Json& json, const std::string& /*port_name*/) {
  config::read(json, "listen", listen);
  config::read(json, "connect", connect);
  if (const auto found = json.find("datagram"); found != json.end()) {
    datagram = {.local = found->at("local"), .remote = found->at("remote")};
  }
  reconnect.read(json);
  config::read(json, "mtu", mtu);
  access.read(json);

  if (!listen && !connect && !datagram) {
    throw rpc::invalid_params(
        {{"listen", "it is not said how the machine is reached", one_of_three}});
  }
  const char* const surplus = listen && connect                 ? "connect"
                              : (listen || connect) && datagram ? "datagram"
                                                                : nullptr;
  if (surplus != nullptr) {
    throw rpc::invalid_params({{surplus, "the machine is reached in one way alone", one_of_three}});
  }
  if (datagram && datagram->local == datagram->remote) {
    throw rpc::invalid_params(
        {{"datagram", "the port would send to itself", "a path of its own for each side"}});
  }
  reconnect.check(connect.has_value());
  const bool makes_file = datagram || (listen && SocketAddress::parse(*listen)->is_unix());
  if (const char* const said = access.said(); !makes_file && said != nullptr) {
    throw rpc::invalid_params({{said, "the port makes no socket file",
                                "a value beside listen \"unix:PATH\" or datagram alone"}});
  }
}

void QemuSpec::write(Json& json, const std::string& /*port_name*/, Format format) const {
  config::write(json, "listen", listen);
  config::write(json, "connect", connect);
  if (datagram) {
    json["datagram"] = {{"local", datagram->local}, {"remote", datagram->remote}};
  }
  reconnect.write(json, connect.has_value(), format);
  config::write(json, "mtu", mtu);
  access.write(json);
}

std::optional<Claim> QemuSpec::claim() const {
  if (listen) {
    return Claim{.name = "socket '" + *listen + "'", .member = "listen"};
  }
  if (datagram) {
    return Claim{.name = "socket 'unix:" + datagram->local + "'", .member = "datagram"};
  }
  return std::nullopt;
}

}  // namespace tapswitch::config
