// SPDX-License-Identifier: Apache-2.0
#include "control/api/methods.hpp"

#include <utility>

#include "control/api/results.hpp"
#include "control/config/schema.hpp"

namespace tapswitch::api {

using config::mac_schema;
using config::name_schema;
using config::vlan_id_schema;
using config::vlan_set_schema;
using rpc::Field;
using rpc::Method;
using rpc::Schema;

namespace {

using Fields = std::vector<Field>;

constexpr std::size_t most_items = 1'048'576;
constexpr std::size_t longest_frame_hex = 131'116;  // of a frame of 65,558 bytes

Fields operator+(Fields left, const Fields& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

Field name_field(std::string description) {
  return {"name", name_schema(), std::move(description), true};
}

Field switch_field() {
  return {"switch", name_schema(), "which switch; may be left out where there is only one"};
}

Field port_field() { return {"port", name_schema(), "only this port"}; }
Field vlan_field() { return {"vlan", vlan_id_schema(), "only this VLAN"}; }

Field kind_field() {
  return {"kind", Schema::word({"dynamic", "static"}), "only learned or only static entries"};
}

Field cursor_field() {
  return {"cursor", Schema::integer(0, 0x7fff'ffff), "where the page before ended: its next_cursor",
          false, 0};
}

Field next_cursor_field() {
  return {"next_cursor", Schema::any_of({count_schema(), Schema::null()}, "a number or null"),
          "where the next page begins; null: this was the last", true};
}

Field dry_run_field() {
  return {"dry_run", Schema::boolean(), "check everything and tell the plan, but change nothing",
          false, false};
}

Schema list_of(const char* name, Schema item) {
  return Schema::object(
      {{name, Schema::list(std::move(item), most_items), "in order of their names", true}});
}

// What a changing method gives back: 'result', or the plan of a dry run.
Schema or_plan(Schema result) {
  return Schema::any_of({std::move(result), plan_schema()}, "the result, or the plan of a dry run");
}

Schema removed_count_schema() {
  return Schema::object({{"removed", count_schema(), "how many entries went", true}});
}

Schema nothing() { return Schema::object({}); }

Schema port_add_params() {
  return Schema::variant(
      "type",
      {{"tap", Fields{name_field("the new port's name"), switch_field()} + config::tap_fields() +
                   config::port_fields() + Fields{dry_run_field()}}},
      "tap");
}

// What belongs to the opening of a TAP and cannot become otherwise while it is open.
bool is_fixed(const Field& field) {
  return field.name == "interface" || field.name == "namespace" || field.name == "offload";
}

Schema port_set_params() {
  Fields fields{name_field("the port's name")};
  for (const Field& field : config::tap_fields() + config::port_fields()) {
    if (!is_fixed(field)) {
      Field changed = field;
      changed.default_value = nullptr;
      fields.push_back(std::move(changed));
    }
  }
  fields.push_back(dry_run_field());
  return Schema::object(std::move(fields));
}

Schema frame_schema() {
  const auto is_hex = [](std::string_view text) {
    return text.size() % 2 == 0 && text.size() <= longest_frame_hex &&
           text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
  };
  return Schema::any_of(
      {Schema::text("hex", "the bytes of the frame in hex digits", is_hex),
       Schema::object({
           {"src", mac_schema(), "its source address", true},
           {"dst", mac_schema(), "its destination address", true},
           {"vlan", Schema::integer(0, 4095), "the VID of its tag; without it, it has none"},
           {"ethertype", Schema::integer(0, 65535), "the EtherType of its payload", false, 0x0800},
       })},
      "bytes in hex, or {src, dst, vlan?, ethertype?}");
}

std::vector<Method> system_methods() {
  return {
      {"system.info", "version, limits and state of the daemon", Schema::object({}),
       system_info_schema()},
      {"system.shutdown", "end the daemon in good order", Schema::object({}), nothing(), true},
      {"rpc.discover", "this interface as an OpenRPC document", Schema::object({}), Schema::any()},
  };
}

std::vector<Method> switch_methods() {
  const Fields named{name_field("the switch's name")};
  return {
      {"switch.add", "make a new switch without ports",
       Schema::object(named + config::switch_fields() + Fields{dry_run_field()}),
       or_plan(switch_schema()), true},
      {"switch.remove", "remove a switch",
       Schema::object(named + Fields{{"force", Schema::boolean(),
                                      "also if it still has ports, which go with it", false, false},
                                     dry_run_field()}),
       or_plan(nothing()), true},
      {"switch.list", "all switches", Schema::object({}), list_of("switches", switch_schema())},
      {"switch.get", "one switch", Schema::object(named), switch_schema()},
      {"switch.set", "change what is named, and nothing else",
       Schema::object(named + config::switch_fields() + Fields{dry_run_field()}),
       or_plan(switch_schema()), true},
  };
}

std::vector<Method> port_methods() {
  return {
      {"port.add", "open a port and attach it to a switch", port_add_params(),
       or_plan(port_schema()), true},
      {"port.remove", "detach a port, forget its stations and close it",
       Schema::object({name_field("the port's name"), dry_run_field()}), or_plan(nothing()), true},
      {"port.list", "all ports, or those of a switch",
       Schema::object({{"switch", name_schema(), "only the ports of this switch"},
                       {"state", Schema::word({"up", "down", "no_carrier", "lost"}),
                        "only the ports in this state"},
                       {"vlan", vlan_id_schema(), "only the ports that carry this VLAN"}}),
       list_of("ports", port_schema())},
      {"port.get", "one port", Schema::object({name_field("the port's name")}), port_schema()},
      {"port.set", "change what is named, and nothing else", port_set_params(),
       or_plan(port_schema()), true},
  };
}

std::vector<Method> vlan_methods() {
  return {
      {"vlan.list", "every VLAN that has a name, or that a port names, page by page",
       Schema::object({{"switch", name_schema(), "only the VLANs of this switch"},
                       {"limit", Schema::integer(1, most_entries_a_page),
                        "the most VLANs to give back", false, 1000},
                       cursor_field()}),
       Schema::object({{"vlans", Schema::list(vlan_entry_schema(), most_items),
                        "in order of switch and VLAN; fewer than asked for where they have "
                        "thousands of members",
                        true},
                       next_cursor_field()})},
      {"vlan.set", "name a VLAN",
       Schema::object(
           {{"vid", vlan_id_schema(), "the VLAN", true},
            {"name",
             Schema::any_of({name_schema(), Schema::null()}, "a name, or null to take it away"),
             "its name", true},
            switch_field(),
            dry_run_field()}),
       or_plan(vlan_entry_schema()), true},
  };
}

std::vector<Method> fdb_methods() {
  const Field vlan{"vlan", vlan_id_schema(), "its VLAN", true};
  const Field mac{"mac", mac_schema(), "the station's address", true};
  return {
      {"fdb.list", "the stations that a switch knows, page by page",
       Schema::object({switch_field(),
                       vlan_field(),
                       port_field(),
                       {"mac", mac_schema(), "only this station"},
                       kind_field(),
                       {"limit", Schema::integer(1, most_entries_a_page),
                        "the most entries to give back", false, 1000},
                       cursor_field()}),
       Schema::object({{"entries", Schema::list(fdb_entry_schema(), most_items),
                        "in the order of the table, which means nothing", true},
                       next_cursor_field()})},
      {"fdb.add", "put a static entry, which neither ages nor moves",
       Schema::object(
           {mac, vlan, {"port", name_schema(), "the port to reach it by", true}, dry_run_field()}),
       or_plan(fdb_entry_schema()), true},
      {"fdb.remove", "remove an entry",
       Schema::object({mac, vlan, switch_field(), dry_run_field()}), or_plan(nothing()), true},
      {"fdb.flush", "remove all entries, or those of a port, a VLAN or a kind",
       Schema::object({switch_field(), port_field(), vlan_field(), kind_field(), dry_run_field()}),
       or_plan(removed_count_schema()), true},
  };
}

std::vector<Method> statistics_methods() {
  return {
      {"stats.get", "what was counted since each port, VLAN and switch came to be",
       Schema::object({{"switch", name_schema(), "only this switch and its ports"},
                       {"port", name_schema(), "only this port"},
                       {"vlan", vlan_id_schema(), "only this VLAN"}}),
       Schema::object(
           {{"ports", Schema::map(name_schema(), port_statistics_schema(), most_items),
             "by name; also left out where a VLAN was asked for"},
            {"switches", Schema::map(name_schema(), switch_statistics_schema(), most_items),
             "by name; left out where a port or VLAN was asked for"},
            {"vlans", Schema::map(name_schema(), vlan_statistics_schema(), most_items),
             "by switch name; only where a VLAN was asked for"}})},
      {"stats.rates", "how fast each port receives and sends",
       Schema::object({{"switch", name_schema(), "only the ports of this switch"},
                       {"port", name_schema(), "only this port"}}),
       Schema::object(
           {{"ports", Schema::map(name_schema(), rate_schema(), most_items), "by name", true}})},
      {"frame.trace", "where a frame would go, and why; nothing is sent, learned or counted",
       Schema::object({{"port", name_schema(), "the port it would come in by", true},
                       {"frame", frame_schema(), "the frame", true}}),
       trace_schema()},
  };
}

std::vector<Method> config_methods() {
  return {
      {"config.get", "the running configuration as a document",
       Schema::object({{"format", Schema::word({"full", "minimal"}),
                        "whether what equals its default is written", false, "minimal"}}),
       Schema::any()},
  };
}

}  // namespace

std::vector<Method> methods() {
  std::vector<Method> all;
  for (auto&& group : {system_methods(), switch_methods(), port_methods(), vlan_methods(),
                       fdb_methods(), statistics_methods(), config_methods()}) {
    all.insert(all.end(), group.begin(), group.end());
  }
  return all;
}

}  // namespace tapswitch::api
