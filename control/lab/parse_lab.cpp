// SPDX-License-Identifier: Apache-2.0
#include "control/lab/parse_lab.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace tapswitch::lab {
namespace {

// Empty if there is none. A value and no reference, so that a loop over its items has something to
// go through.
Json object_at(const Json& json, const char* key) { return json.value(key, Json::object()); }

InterfaceSpec parse_interface(const Json& json) {
  InterfaceSpec spec;
  if (json.contains("mac")) {
    spec.mac = json["mac"].get<std::string>();
  }
  if (json.contains("mtu")) {
    spec.mtu = json["mtu"].get<std::uint32_t>();
  }
  spec.addresses = json.value("addresses", std::vector<std::string>());
  return spec;
}

Readiness parse_readiness(const Json& json) {
  Readiness ready;
  if (json.contains("command")) {
    ready.command = parse_command(json["command"]);
  }
  ready.console = json.value("console", "");
  ready.timeout =
      std::chrono::seconds(json.value("timeout_seconds", Readiness::default_timeout.count()));
  return ready;
}

NodeSpec::Kind kind_from(const std::string& text) {
  return text == "vm"    ? NodeSpec::Kind::vm
         : text == "nat" ? NodeSpec::Kind::nat
                         : NodeSpec::Kind::netns;
}

UplinkSpec parse_uplink(const Json& json) {
  UplinkSpec uplink;
  if (json.contains("subnet")) {
    uplink.subnet = *Subnet::parse(json["subnet"].get<std::string>());
  }
  if (const Json ipv6 = json.value("ipv6", Json(true)); ipv6.is_string()) {
    uplink.prefix = ipv6.get<std::string>();
  } else if (!ipv6.get<bool>()) {
    uplink.prefix.clear();
  }
  if (json.contains("dns")) {
    uplink.servers = json["dns"].get<std::vector<std::string>>();
  }
  for (const Json& text : json.value("forward", Json::array())) {
    uplink.forwards.push_back(*parse_forward(text.get<std::string>()));
  }
  return uplink;
}

Machine parse_machine(const Json& json) {
  return {.kernel = json.value("kernel", ""),
          .initrd = json.value("initrd", ""),
          .disk = json.value("disk", ""),
          .keeps_changes = json.value("keep_changes", false),
          .append = json.value("append", "console=ttyS0"),
          .memory_mib = json.value("memory_mib", Machine::default_memory_mib),
          .cpus = json.value("cpus", 1U),
          .accelerator = json.value("accelerator", "auto"),
          .arguments = json.value("arguments", std::vector<std::string>())};
}

}  // namespace

Command parse_command(const Json& json) {
  if (json.is_string()) {
    return {.words = {"/bin/sh", "-c", json}, .text = json};
  }
  const auto words = json.get<std::vector<std::string>>();
  return {.words = words, .text = fmt::format("{}", fmt::join(words, " "))};
}

NodeSpec parse_node(const std::string& name, const Json& json) {
  NodeSpec node;
  node.name = name;
  node.kind = kind_from(json.value("kind", "netns"));
  node.after = json.value("after", std::vector<std::string>());
  node.routes = json.value("routes", std::vector<std::string>());
  const Json interfaces = object_at(json, "interfaces");
  for (const auto& [interface, settings] : interfaces.items()) {
    node.interfaces.emplace(interface, parse_interface(settings));
  }
  const Json sysctls = object_at(json, "sysctls");
  for (const auto& [key, value] : sysctls.items()) {
    node.sysctls.emplace(key, value.is_string() ? value.get<std::string>() : value.dump());
  }
  for (const Json& command : json.value("commands", Json::array())) {
    node.commands.push_back(parse_command(command));
  }
  const Json processes = object_at(json, "processes");
  for (const auto& [key, command] : processes.items()) {
    node.processes.emplace(key, parse_command(command));
  }
  if (json.contains("ready")) {
    node.ready = parse_readiness(json["ready"]);
  }
  if (node.kind == NodeSpec::Kind::vm) {
    node.machine = parse_machine(json);
  }
  if (node.kind == NodeSpec::Kind::nat) {
    node.uplink = parse_uplink(json);
  }
  node.definition = json;
  if (node.has_namespace()) {
    node.definition.erase("interfaces");
  }
  return node;
}

End parse_end(const std::string& text) {
  const auto colon = text.find(':');
  return colon == std::string::npos
             ? End{.name = text, .interface = {}}
             : End{.name = text.substr(0, colon), .interface = text.substr(colon + 1)};
}

}  // namespace tapswitch::lab
