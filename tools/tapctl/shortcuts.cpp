// SPDX-License-Identifier: Apache-2.0
#include "tools/tapctl/shortcuts.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "control/config/schema.hpp"
#include "tools/tapctl/usage_error.hpp"
#include "tools/tapctl/value.hpp"

namespace tapswitch::tapctl {

using rpc::Field;
using rpc::Schema;
using Kind = Option::Kind;
using Path = std::vector<std::string>;

namespace {

constexpr const char* traced_source = "02:00:00:00:00:01";

std::vector<Option> vlan_shortcuts() {
  return {
      {.name = "vlan",
       .path = {"vlan"},
       .schema = config::vlan_id_schema(),
       .description = "access port of this VLAN; or the port's whole VLAN setting as JSON",
       .kind = Kind::access_vlan},
      {.name = "trunk",
       .path = {"vlan", "allowed"},
       .schema = config::vlan_set_schema(),
       .description = "trunk of these VLANs, as 1-100,200, or of all",
       .kind = Kind::trunk},
      {.name = "tunnel",
       .path = {"vlan", "pvid"},
       .schema = config::vlan_id_schema(),
       .description = "802.1Q tunnel: whatever comes in gets a tag of this VLAN",
       .kind = Kind::tunnel},
  };
}

// Sets what 'path' leads to, making objects on the way.
void put(Json& params, const Path& path, Json value, const Option& option) {
  const UsageError twice(
      fmt::format("--{} contradicts another option, which says something about {} too", option.name,
                  fmt::join(path, ".")));
  Json* place = &params;
  for (const std::string& step : path) {
    if (place->is_null()) {
      *place = Json::object();
    }
    if (!place->is_object()) {
      throw twice;
    }
    place = &(*place)[step];
  }
  if (!place->is_null()) {
    throw twice;
  }
  *place = std::move(value);
}

void put_access_vlan(Json& params, const Option& option, const std::vector<std::string>& texts) {
  if (texts.back().starts_with('{')) {
    put(params, option.path, parse_value(Schema::any(), texts), option);
    return;
  }
  put(params, {"vlan", "mode"}, "access", option);
  put(params, {"vlan", "pvid"}, parse_value(option.schema, texts), option);
}

void put_trunk(Json& params, const Option& option, const std::vector<std::string>& texts) {
  put(params, {"vlan", "mode"}, "trunk", option);
  if (texts != std::vector<std::string>{"all"}) {
    put(params, option.path, fmt::format("{}", fmt::join(texts, ",")), option);
  }
}

}  // namespace

std::vector<Option> shortcuts_of(const rpc::Method& method) {
  std::vector<Option> shortcuts;
  for (const Field& field : method.params.fields()) {
    if (field.name == "vlan" && field.schema.type() == Schema::Type::variant) {
      const std::vector<Option> of_vlan = vlan_shortcuts();
      shortcuts.insert(shortcuts.end(), of_vlan.begin(), of_vlan.end());
    } else if (field.name == "addresses") {
      shortcuts.push_back({.name = "address",
                           .path = {field.name},
                           .schema = field.schema,
                           .description = "an IP address of the interface; may be repeated"});
    } else if (field.name == "up") {
      shortcuts.push_back({.name = "down",
                           .path = {field.name},
                           .schema = field.schema,
                           .description = "the same as --up no",
                           .kind = Kind::down});
    } else if (field.name == "limit") {
      shortcuts.push_back({.name = field.name,
                           .path = {field.name},
                           .schema = field.schema,
                           .description = "only so many entries, a page; default: all pages"});
    } else if (field.name == "frame") {
      shortcuts.push_back({.name = "src",
                           .path = {field.name, "src"},
                           .schema = config::mac_schema(),
                           .description = "its source address",
                           .default_value = traced_source});
    }
  }
  return shortcuts;
}

bool is_flag(const Option& option) { return option.kind == Kind::down; }

void apply_option(Json& params, const Option& option, const std::vector<std::string>& texts) {
  switch (option.kind) {
    case Kind::parameter:
      return put(params, option.path, parse_value(option.schema, texts), option);
    case Kind::access_vlan:
      return put_access_vlan(params, option, texts);
    case Kind::trunk:
      return put_trunk(params, option, texts);
    case Kind::tunnel:
      put(params, {"vlan", "mode"}, "dot1q-tunnel", option);
      return put(params, option.path, parse_value(option.schema, texts), option);
    case Kind::down:
      return put(params, option.path, false, option);
  }
}

void complete(Json& params, const rpc::Method& method) {
  if (method.name == "port.add" && params.contains("vlan") && params["vlan"].is_object() &&
      !params["vlan"].contains("mode")) {
    params["vlan"]["mode"] = "trunk";
  }
  if (method.name == "frame.trace") {
    Json& frame = params["frame"];
    if (frame.is_null()) {
      frame = Json::object();
    }
    if (frame.is_object() && !frame.contains("src")) {
      frame["src"] = traced_source;
    }
  }
}

}  // namespace tapswitch::tapctl
