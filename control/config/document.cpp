// SPDX-License-Identifier: Apache-2.0
#include "control/config/document.hpp"

#include <string>
#include <string_view>
#include <utility>

#include "control/config/append.hpp"
#include "control/config/conditions.hpp"
#include "control/config/members.hpp"
#include "control/config/reserved_address.hpp"
#include "control/config/storm_control.hpp"

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

std::string_view name_of(AcceptableFrames acceptable) {
  for (const AcceptableName& candidate : acceptable_names) {
    if (candidate.acceptable == acceptable) {
      return candidate.name;
    }
  }
  return acceptable_names[0].name;
}

// An access port is for stations that know of no VLANs. A tag of its own VLAN would be taken off,
// and with a second tag behind it the frame would get into another VLAN by a trunk whose native
// VLAN that is (decision 70).
AcceptableFrames usual_acceptable(PortMode mode) {
  return mode == PortMode::access ? AcceptableFrames::untagged : AcceptableFrames::all;
}

struct TagTypeName {
  TagType type;
  std::string_view name;
};
constexpr TagTypeName tag_type_names[] = {{TagType::service, "0x88a8"},
                                          {TagType::customer, "0x8100"},
                                          {TagType::vendor_9100, "0x9100"},
                                          {TagType::vendor_9200, "0x9200"}};

std::string_view name_of(TagType type) {
  for (const TagTypeName& candidate : tag_type_names) {
    if (candidate.type == type) {
      return candidate.name;
    }
  }
  return tag_type_names[0].name;
}

// Leaves 'type' as it is where 'json' does not name one.
void read_tag_type(const Json& json, const char* key, TagType& type) {
  const auto found = json.find(key);
  for (const TagTypeName& candidate : tag_type_names) {
    if (found != json.end() && *found == candidate.name) {
      type = candidate.type;
    }
  }
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
  read_tag_type(json, "ethertype", rule.tunnel_type);
  read_tag_type(json, "vendor_ethertype", rule.vendor_type);
  rule.acceptable = usual_acceptable(rule.mode);
  const auto acceptable = json.value("acceptable", std::string());
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
    if (is_vendors(rule.vendor_type)) {
      json["vendor_ethertype"] = name_of(rule.vendor_type);
    }
  } else {
    json["pvid"] = rule.pvid;
  }
  if (rule.mode == PortMode::tunnel) {
    write(json, "ethertype", name_of(rule.tunnel_type), name_of(defaults.tunnel_type), format);
  }
  write(json, "acceptable", name_of(rule.acceptable), name_of(usual_acceptable(rule.mode)), format);
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
  config::read(spec.far_end, json, spec.name);
  if (const auto vlan = json.find("vlan"); vlan != json.end()) {
    spec.rule.vlan = vlan_from_json(*vlan);
  }
  if (const auto flood = json.find("flood"); flood != json.end()) {
    read(*flood, "unknown_unicast", spec.rule.flood.unknown_unicast);
    read(*flood, "multicast", spec.rule.flood.multicast);
    read(*flood, "broadcast", spec.rule.flood.broadcast);
  }
  if (const auto storm = json.find("storm_control"); storm != json.end()) {
    change(spec.rule.storm, *storm);
  }
  read(json, "learning", spec.rule.learning);
  read(json, "isolated", spec.rule.isolated);
  read(json, "hairpin", spec.rule.hairpin);
  read(json, "kernel_path", spec.rule.takes_kernel_path);
  read(json, "fdb_limit", spec.rule.fdb_limit);
  read(json, "carrier", spec.has_carrier);
  if (const auto conditions = json.find("conditions"); conditions != json.end()) {
    change(spec.conditions, *conditions);
  }
  if (const auto stp = json.find("stp"); stp != json.end()) {
    change(spec.stp, *stp);
  }
  read(json, "worker", spec.worker);
}

Json to_json(const PortSpec& spec, Format format) {
  const PortRule defaults;
  Json json = Json::object();
  config::write(json, spec.far_end, spec.name, format);
  if (format == Format::full || spec.rule.vlan != defaults.vlan) {
    json["vlan"] = vlan_to_json(spec.rule.vlan, format);
  }
  if (format == Format::full || spec.rule.flood != defaults.flood) {
    json["flood"] = flood_to_json(spec.rule.flood);
  }
  if (!spec.rule.storm.is_none()) {
    json["storm_control"] = to_json(spec.rule.storm);
  }
  write(json, "learning", spec.rule.learning, defaults.learning, format);
  write(json, "isolated", spec.rule.isolated, defaults.isolated, format);
  write(json, "hairpin", spec.rule.hairpin, defaults.hairpin, format);
  write(json, "kernel_path", spec.rule.takes_kernel_path, defaults.takes_kernel_path, format);
  write(json, "fdb_limit", spec.rule.fdb_limit, defaults.fdb_limit, format);
  write(json, "carrier", spec.has_carrier, true, format);
  if (!spec.conditions.are_none()) {
    json["conditions"] = to_json(spec.conditions);
  }
  if (spec.stp != PortStp()) {
    json["stp"] = to_json(spec.stp);
  }
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
  if (const auto stp = json.find("stp"); stp != json.end()) {
    change(spec.stp, *stp);
  }
  read(json, "wire", spec.is_wire);
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
  if (spec.stp != StpSpec()) {
    json["stp"] = to_json(spec.stp);
  }
  write(json, "wire", spec.is_wire, false, format);
  Json vlans = Json::object();
  for (const auto& [vid, name] : spec.vlan_names) {
    append(vlans, std::to_string(vid), {{"name", name}});
  }
  write(json, "vlans", vlans, Json::object(), format);
  Json mirrors = Json::object();
  for (const auto& [name, mirror] : spec.mirrors) {
    append(mirrors, name, to_json(mirror, format));
  }
  write(json, "mirrors", mirrors, Json::object(), format);
  Json ports = Json::object();
  for (const PortSpec& port : spec.ports) {
    append(ports, port.name, to_json(port, format));
  }
  json["ports"] = std::move(ports);
  return json;
}

Json to_json(const NetworkSpec& network, Format format) {
  Json switches = Json::object();
  for (const auto& [name, spec] : network.switches) {
    append(switches, name, to_json(spec, format));
  }
  Json json = {{"version", document_version}, {"switches", std::move(switches)}};
  if (network.sflow) {
    json["sflow"] = to_json(*network.sflow, format);
  }
  return json;
}

}  // namespace tapswitch::config
