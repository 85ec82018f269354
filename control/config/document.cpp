// SPDX-License-Identifier: Apache-2.0
#include "control/config/document.hpp"

#include <string>
#include <string_view>
#include <utility>

#include "control/config/append.hpp"
#include "control/config/reserved_address.hpp"
#include "control/config/schema.hpp"
#include "control/rpc/error.hpp"

namespace tapswitch::config {
namespace {

struct ModeName {
  PortMode mode;
  std::string_view name;
};
constexpr ModeName mode_names[] = {
    {PortMode::access, "access"}, {PortMode::trunk, "trunk"}, {PortMode::tunnel, "dot1q-tunnel"}};

struct AcceptableName {
  AcceptableFrames acceptable;
  std::string_view name;
};
constexpr AcceptableName acceptable_names[] = {{AcceptableFrames::all, "all"},
                                               {AcceptableFrames::tagged, "tagged"},
                                               {AcceptableFrames::untagged, "untagged"}};

constexpr std::string_view service_type = "0x88a8";
constexpr std::string_view customer_type = "0x8100";

// Reads 'json[key]' into 'target' if it is there.
template <typename T>
void read(const Json& json, const char* key, T& target) {
  if (const auto found = json.find(key); found != json.end()) {
    found->get_to(target);
  }
}

template <typename T>
void read(const Json& json, const char* key, std::optional<T>& target) {
  if (const auto found = json.find(key); found != json.end()) {
    target = found->get<T>();
  }
}

// A name, or a number that is kept in digits.
void read(const Json& json, const char* key, std::optional<std::string>& target) {
  if (const auto found = json.find(key); found != json.end()) {
    target = found->is_string() ? found->get<std::string>() : found->dump();
  }
}

// Writes 'value' if the format asks for it or it is not the default.
template <typename T>
void write(Json& json, const char* key, const T& value, const T& default_value, Format format) {
  if (format == Format::full || !(value == default_value)) {
    json[key] = value;
  }
}

template <typename T>
void write(Json& json, const char* key, const std::optional<T>& value) {
  if (value) {
    json[key] = *value;
  }
}

void change_tap(TapSpec& tap, const Json& json) {
  read(json, "interface", tap.interface);
  read(json, "namespace", tap.name_space);
  if (const auto mac = json.find("mac"); mac != json.end()) {
    tap.mac = MacAddress::parse(mac->get<std::string>());
  }
  read(json, "mtu", tap.mtu);
  read(json, "persist", tap.persist);
  read(json, "owner", tap.owner);
  read(json, "group", tap.group);
  read(json, "up", tap.is_up);
  read(json, "addresses", tap.addresses);
  read(json, "offload", tap.offload);
}

void write_tap(Json& json, const TapSpec& tap, const std::string& port_name, Format format) {
  const TapSpec defaults;
  write(json, "interface", tap.interface, port_name, format);
  write(json, "namespace", tap.name_space);
  if (tap.mac) {
    json["mac"] = tap.mac->to_string();
  }
  write(json, "mtu", tap.mtu);
  write(json, "persist", tap.persist, defaults.persist, format);
  write(json, "owner", tap.owner);
  write(json, "group", tap.group);
  write(json, "up", tap.is_up, defaults.is_up, format);
  write(json, "addresses", tap.addresses, defaults.addresses, format);
  write(json, "offload", tap.offload, defaults.offload, format);
}

// An interface is called as its port unless the user says otherwise, and not every name of a port
// is a name for an interface.
void name_interface(PortSpec& spec) {
  if (!spec.tap.interface.empty()) {
    return;
  }
  for (const rpc::Field& field : tap_fields()) {
    if (field.name != "interface") {
      continue;
    }
    if (!field.schema.check(spec.name).empty()) {
      throw rpc::invalid_params(
          {{"interface", "the port's name '" + spec.name + "' cannot name an interface",
            field.schema.allowed()}});
    }
  }
  spec.tap.interface = spec.name;
}

}  // namespace

VlanSet vlan_set_from_json(const Json& json) {
  if (json.is_string()) {
    return *VlanSet::parse(json.get<std::string>());
  }
  VlanSet set;
  for (const Json& vid : json) {
    set.insert(vid.get<VlanId>());
  }
  return set;
}

VlanRule vlan_from_json(const Json& json) {
  VlanRule rule;
  const auto mode = json.at("mode").get<std::string>();
  for (const ModeName& candidate : mode_names) {
    if (candidate.name == mode) {
      rule.mode = candidate.mode;
    }
  }
  read(json, "pvid", rule.pvid);
  if (const auto native = json.find("native"); native != json.end()) {
    rule.pvid = native->is_null() ? no_vlan : native->get<VlanId>();
  }
  read(json, "native_tagged", rule.native_tagged);
  if (const auto allowed = json.find("allowed"); allowed != json.end()) {
    rule.allowed = vlan_set_from_json(*allowed);
  }
  if (json.value("ethertype", service_type) == customer_type) {
    rule.tunnel_type = TagType::customer;
  }
  const auto acceptable = json.value("acceptable", std::string("all"));
  for (const AcceptableName& candidate : acceptable_names) {
    if (candidate.name == acceptable) {
      rule.acceptable = candidate.acceptable;
    }
  }
  return rule;
}

Json vlan_to_json(const VlanRule& rule, Format format) {
  const VlanRule defaults;
  Json json = Json::object();
  for (const ModeName& candidate : mode_names) {
    if (candidate.mode == rule.mode) {
      json["mode"] = candidate.name;
    }
  }
  if (rule.mode == PortMode::trunk) {
    const Json native = rule.pvid == no_vlan ? Json() : Json(rule.pvid);
    write(json, "native", native, Json(defaults.pvid), format);
    write(json, "native_tagged", rule.native_tagged, defaults.native_tagged, format);
    write(json, "allowed", rule.allowed.to_string(), defaults.allowed.to_string(), format);
  } else {
    json["pvid"] = rule.pvid;
  }
  if (rule.mode == PortMode::tunnel) {
    const bool is_service = rule.tunnel_type == TagType::service;
    write(json, "ethertype", is_service ? service_type : customer_type, service_type, format);
  }
  for (const AcceptableName& candidate : acceptable_names) {
    if (candidate.acceptable == rule.acceptable) {
      write(json, "acceptable", candidate.name, acceptable_names[0].name, format);
    }
  }
  return json;
}

Json flood_to_json(const FloodRule& rule) {
  return {{"unknown_unicast", rule.unknown_unicast},
          {"multicast", rule.multicast},
          {"broadcast", rule.broadcast}};
}

std::uint16_t forward_reserved_from_json(const Json& json) {
  std::uint16_t bits = 0;
  for (const Json& text : json) {
    bits |= reserved_bits(text.get<std::string>());
  }
  return bits;
}

Json forward_reserved_to_json(std::uint16_t bits) { return reserved_texts(bits); }

void change(PortSpec& spec, const Json& json) {
  read(json, "name", spec.name);
  read(json, "description", spec.description);
  change_tap(spec.tap, json);
  name_interface(spec);
  if (const auto vlan = json.find("vlan"); vlan != json.end()) {
    spec.rule.vlan = vlan_from_json(*vlan);
  }
  if (const auto flood = json.find("flood"); flood != json.end()) {
    read(*flood, "unknown_unicast", spec.rule.flood.unknown_unicast);
    read(*flood, "multicast", spec.rule.flood.multicast);
    read(*flood, "broadcast", spec.rule.flood.broadcast);
  }
  read(json, "learning", spec.rule.learning);
  read(json, "isolated", spec.rule.isolated);
  read(json, "hairpin", spec.rule.hairpin);
  read(json, "fdb_limit", spec.rule.fdb_limit);
  read(json, "worker", spec.worker);
}

TapChange tap_change_from_json(const Json& json) {
  TapChange change;
  if (const auto mac = json.find("mac"); mac != json.end()) {
    change.mac = MacAddress::parse(mac->get<std::string>());
  }
  read(json, "mtu", change.mtu);
  read(json, "persist", change.persist);
  read(json, "owner", change.owner);
  read(json, "group", change.group);
  read(json, "up", change.is_up);
  read(json, "addresses", change.addresses);
  return change;
}

Json to_json(const PortSpec& spec, Format format) {
  const PortRule defaults;
  Json json = {{"type", "tap"}};
  write_tap(json, spec.tap, spec.name, format);
  if (format == Format::full || spec.rule.vlan != defaults.vlan) {
    json["vlan"] = vlan_to_json(spec.rule.vlan, format);
  }
  if (format == Format::full || spec.rule.flood != defaults.flood) {
    json["flood"] = flood_to_json(spec.rule.flood);
  }
  write(json, "learning", spec.rule.learning, defaults.learning, format);
  write(json, "isolated", spec.rule.isolated, defaults.isolated, format);
  write(json, "hairpin", spec.rule.hairpin, defaults.hairpin, format);
  write(json, "fdb_limit", spec.rule.fdb_limit, defaults.fdb_limit, format);
  write(json, "worker", spec.worker);
  write(json, "description", spec.description, std::string(), format);
  return json;
}

void change(SwitchSpec& spec, const Json& json) {
  read(json, "name", spec.name);
  if (const auto fdb = json.find("fdb"); fdb != json.end()) {
    spec.ageing = std::chrono::seconds(fdb->value("ageing_seconds", spec.ageing.count()));
    read(*fdb, "capacity", spec.fdb_capacity);
  }
  if (const auto reserved = json.find("forward_reserved"); reserved != json.end()) {
    spec.rule.forwarded_reserved = forward_reserved_from_json(*reserved);
  }
}

Json to_json(const SwitchSpec& spec, Format format) {
  const SwitchSpec defaults;
  Json json = Json::object();
  Json fdb = Json::object();
  write(fdb, "ageing_seconds", spec.ageing.count(), defaults.ageing.count(), format);
  write(fdb, "capacity", spec.fdb_capacity, defaults.fdb_capacity, format);
  if (!spec.static_entries.empty()) {
    for (const StaticEntry& entry : spec.static_entries) {
      fdb["static"].push_back(
          {{"mac", entry.mac.to_string()}, {"vlan", entry.vlan}, {"port", entry.port}});
    }
  }
  if (!fdb.empty()) {
    json["fdb"] = fdb;
  }
  write(json, "forward_reserved", forward_reserved_to_json(spec.rule.forwarded_reserved),
        Json::array(), format);
  Json vlans = Json::object();
  for (const auto& [vid, name] : spec.vlan_names) {
    append(vlans, std::to_string(vid), {{"name", name}});
  }
  write(json, "vlans", vlans, Json::object(), format);
  Json ports = Json::object();
  for (const PortSpec& port : spec.ports) {
    append(ports, port.name, to_json(port, format));
  }
  json["ports"] = std::move(ports);
  return json;
}

}  // namespace tapswitch::config
