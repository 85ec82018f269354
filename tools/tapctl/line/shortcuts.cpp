// SPDX-License-Identifier: Apache-2.0
#include "tools/tapctl/line/shortcuts.hpp"

#include <algorithm>
#include <limits>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "control/config/schema.hpp"
#include "control/config/storm_control.hpp"
#include "tools/tapctl/line/value.hpp"

namespace tapswitch::tapctl {

using rpc::Field;
using rpc::Schema;
using Kind = Option::Kind;
using Texts = std::vector<std::string>;

namespace {

constexpr std::size_t longest_percentage = 64;

// No station has it: one that people make up for examples might be the destination too.
constexpr const char* traced_source = "02:74:61:70:73:77";

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

// One has the name that containerlab gives it.
std::vector<Option> condition_shortcuts() {
  return {
      {.name = "corruption",
       .path = {"conditions", "corrupt"},
       .schema = Schema::text(1, longest_percentage),
       .description = "the same as --corrupt"},
      {.name = "clear",
       .path = {"conditions"},
       .schema = Schema::boolean(),
       .description = "takes all conditions away",
       .kind = Kind::clear},
  };
}

// The rate alone, as it is mostly said.
std::vector<Option> storm_shortcuts() {
  std::vector<Option> shortcuts;
  for (const FloodKind kind : flood_kinds) {
    const std::string name(text_of(kind));
    std::string frames = name + 's';
    std::ranges::replace(frames, '_', ' ');
    shortcuts.push_back({.name = option_name("storm-", name),
                         .path = {"storm_control", name, "rate"},
                         .schema = config::storm_rate_schema(),
                         .description = fmt::format(
                             "the most {} that come in, as 500pps, 10mbit or 5%; off: all", frames),
                         .kind = Kind::storm_limit});
  }
  return shortcuts;
}

void put_access_vlan(ParamsBuilder& params, const Option& option, const Texts& texts,
                     const std::string& spelling) {
  if (texts.back().starts_with('{')) {
    params.put(option.path, parse_value(Schema::any(), texts), spelling);
    return;
  }
  params.put({"vlan", "mode"}, "access", spelling);
  params.put({"vlan", "pvid"}, parse_value(option.schema, texts), spelling);
}

void put_trunk(ParamsBuilder& params, const Option& option, const Texts& texts,
               const std::string& spelling) {
  params.put({"vlan", "mode"}, "trunk", spelling);
  if (texts != Texts{"all"}) {
    params.put(option.path, fmt::format("{}", fmt::join(texts, ",")), spelling);
  }
}

void put_storm_limit(ParamsBuilder& params, const Option& option, const Texts& texts,
                     const std::string& spelling) {
  const std::string& text = texts.back();
  const std::vector<std::string> whole(option.path.begin(), option.path.end() - 1);
  if (text == "off" || text == "none") {
    return params.put(whole, nullptr, spelling);
  }
  if (text.starts_with('{')) {
    return params.put(whole, parse_value(Schema::any(), texts), spelling);
  }
  params.put(option.path, text, spelling);
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
                           .kind = Kind::no});
    } else if (field.name == "carrier") {
      shortcuts.push_back({.name = "unplug",
                           .path = {field.name},
                           .schema = field.schema,
                           .description = "the same as --carrier no",
                           .kind = Kind::no});
      shortcuts.push_back({.name = "plug",
                           .path = {field.name},
                           .schema = field.schema,
                           .description = "the same as --carrier yes",
                           .kind = Kind::yes});
    } else if (field.name == "conditions") {
      const std::vector<Option> of_conditions = condition_shortcuts();
      shortcuts.insert(shortcuts.end(), of_conditions.begin(), of_conditions.end());
    } else if (field.name == "storm_control") {
      const std::vector<Option> of_storms = storm_shortcuts();
      shortcuts.insert(shortcuts.end(), of_storms.begin(), of_storms.end());
    } else if (field.name == "fd") {
      shortcuts.push_back(
          {.name = field.name,
           .path = {field.name},
           .schema = Schema::integer(0, std::numeric_limits<int>::max()),
           .description = fmt::format("{}, which tapctl has inherited as descriptor FD and "
                                      "passes on",
                                      method.name == "port.add" ? "an open TAP" : "a socket"),
           .kind = Kind::descriptor});
    } else if (field.name == "limit") {
      shortcuts.push_back({.name = field.name,
                           .path = {field.name},
                           .schema = field.schema,
                           .description = "only so many entries, a page; default: all pages"});
    } else if (field.name == "config") {
      shortcuts.push_back({.name = "file",
                           .path = {field.name},
                           .schema = Schema::text(1, longest_path),
                           .description = "the file that holds it; -: what comes on stdin",
                           .is_required = true,
                           .kind = Kind::file});
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

bool is_flag(const Option& option) {
  return option.kind == Kind::no || option.kind == Kind::yes || option.kind == Kind::clear;
}

void apply_option(ParamsBuilder& params, const Option& option, const Texts& texts,
                  const std::string& spelling) {
  switch (option.kind) {
    case Kind::parameter:
    case Kind::file:
      return params.put(option.path, parse_value(option.schema, texts), spelling);
    case Kind::access_vlan:
      return put_access_vlan(params, option, texts, spelling);
    case Kind::trunk:
      return put_trunk(params, option, texts, spelling);
    case Kind::tunnel:
      params.put({"vlan", "mode"}, "dot1q-tunnel", spelling);
      return params.put(option.path, parse_value(option.schema, texts), spelling);
    case Kind::storm_limit:
      return put_storm_limit(params, option, texts, spelling);
    case Kind::descriptor:
      (void)parse_value(option.schema, texts);
      return params.put(option.path, 0, spelling);  // the first of those that go with the call
    case Kind::no:
    case Kind::yes:
      return params.put(option.path, option.kind == Kind::yes, spelling);
    case Kind::clear:
      return params.put(option.path, nullptr, spelling);
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
