// SPDX-License-Identifier: Apache-2.0
#include "control/api/methods.hpp"

#include <utility>

#include "control/api/capture_methods.hpp"
#include "control/api/ethertype.hpp"
#include "control/api/log_book.hpp"
#include "control/api/method_fields.hpp"
#include "control/api/mirror_methods.hpp"
#include "control/api/results.hpp"
#include "control/api/sflow_methods.hpp"
#include "control/api/stp_methods.hpp"
#include "control/config/far_end.hpp"
#include "control/config/schema.hpp"
#include "control/events/topic.hpp"

namespace tapswitch::api {

using config::mac_schema;
using config::name_schema;
using config::vlan_id_schema;
using config::vlan_set_schema;
using rpc::Field;
using rpc::Method;
using rpc::Schema;

namespace {

constexpr std::size_t most_step_bytes = 65'536;
constexpr std::size_t longest_frame_hex = 131'116;  // of a frame of 65,558 bytes

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

Field if_revision_field() {
  return {"if_revision", count_schema(), "only if the configuration is still of this revision"};
}

Schema list_of(const char* name, Schema item) {
  return Schema::object(
      {{name, Schema::list(std::move(item), most_items), "in order of their names", true}});
}

Schema removed_count_schema() {
  return Schema::object({{"removed", count_schema(), "how many entries went", true}});
}

Field fd_field() {
  return {"fd", descriptor_index_schema(),
          "the TAP is open: its descriptor is the one of this index among those that came with the "
          "line (SCM_RIGHTS)"};
}

Schema port_add_params() {
  return config::far_end_variant({name_field("the new port's name"), switch_field()},
                                 config::port_fields() + Fields{fd_field(), dry_run_field()});
}

Schema port_set_params() {
  Fields fields{name_field("the port's name")};
  for (Field field : config::changeable_far_end_fields() + config::port_fields()) {
    field.default_value = nullptr;
    fields.push_back(std::move(field));
  }
  fields.push_back(if_revision_field());
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
           {"ethertype", ethertype_schema(), "the EtherType of its payload", false, 0x0800},
       })},
      "bytes in hex, or {src, dst, vlan?, ethertype?}");
}

std::vector<Method> system_methods() {
  return {
      {"system.info", "version, limits and state of the daemon", Schema::object({}),
       system_info_schema()},
      {"system.shutdown", "end the daemon in good order", Schema::object({dry_run_field()}),
       or_plan(nothing()), true},
      {"system.hand_over", "give everything to a successor (tapswitchd --takeover), and end",
       Schema::object({{"fd", descriptor_index_schema(),
                        "the socket to it: the index among the descriptors that came with the line "
                        "(SCM_RIGHTS)",
                        true}}),
       nothing(), true},
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
                       {"vlan", vlan_id_schema(), "only the ports that carry this VLAN"},
                       {"filter", name_schema(), "only the ports whose name contains this"}}),
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
                       {"port", name_schema(), "only this port"},
                       {"interval_seconds", Schema::integer(1, longest_rate_interval_seconds),
                        "over about how long", false, 1}}),
       Schema::object(
           {{"ports", Schema::map(name_schema(), rate_schema(), most_items), "by name", true}})},
      {"frame.trace", "where a frame would go, and why; nothing is sent, learned or counted",
       Schema::object({{"port", name_schema(), "the port it would come in by", true},
                       {"frame", frame_schema(), "the frame", true}}),
       trace_schema()},
  };
}

std::vector<Method> log_methods() {
  const Fields of_level{{"level", Schema::word({log_levels.begin(), log_levels.end()}),
                         "the least grave that is logged", true}};
  return {
      {"log.set", "log from this level on, until the daemon ends",
       Schema::object(of_level + Fields{dry_run_field()}), or_plan(Schema::object(of_level)), true},
      {"log.tail", "the last lines that the daemon logged",
       Schema::object({{"lines", Schema::integer(1, LogBook::max_lines), "the most lines to tell",
                        false, default_log_lines}}),
       Schema::object({{"lines", Schema::list(log_line_schema(), LogBook::max_lines),
                        "the oldest first", true}})},
  };
}

Field revision_field() {
  return {"revision", count_schema(), "how many changes there have been", true};
}

Field document_field() {
  return {"config", Schema::unchecked(config::document_schema()), "the document", true};
}

Field mode_field() {
  return {"mode", Schema::word({"replace", "merge"}),
          "replace: what the document does not name goes; merge: it stays as it is", false,
          "replace"};
}

Schema config_plan_schema() {
  const Schema step =
      Schema::object({{"step", Schema::text(0, most_step_bytes),
                       "for people, as '~ vlan of alice: 10 -> 20'", true},
                      {"disturbs", Schema::boolean(), "whether it may cost frames", true}});
  return Schema::object({revision_field(),
                         {"plan", Schema::list(step, most_items),
                          "the steps, in their order; empty: there is no difference", true},
                         {"warnings", Schema::list(Schema::text(0, most_step_bytes), most_items),
                          "in the answer of config.apply: what the user of the ports that were "
                          "added should know of their far ends"}});
}

std::vector<Method> config_methods() {
  return {
      {"config.get", "the running configuration as a document",
       Schema::object({{"format", Schema::word({"full", "minimal"}),
                        "whether what equals its default is written", false, "minimal"}}),
       config::document_schema()},
      {"config.diff", "what config.apply would do",
       Schema::object({document_field(), mode_field()}), config_plan_schema()},
      {"config.apply", "make the running configuration that of a document, whole or not at all",
       Schema::object(
           {document_field(),
            mode_field(),
            {"if_revision", count_schema(), "only if the configuration is still of this revision"},
            dry_run_field()}),
       config_plan_schema(), true},
      {"config.save", "write the running configuration to the startup file",
       Schema::object({dry_run_field()}),
       or_plan(Schema::object(
           {{"path", Schema::text(0, most_step_bytes), "of the file", true}, revision_field()})),
       true},
  };
}

std::vector<Method> event_methods() {
  const std::vector<std::string> topics(events::topic_names.begin(), events::topic_names.end());
  return {
      {"event.subscribe", "be told of changes as they happen",
       Schema::object(
           {{"topics", Schema::list(Schema::word(topics), topics.size()),
             "what to be told of; default: all but stats"},
            {"switch", name_schema(), "only what happens on this switch, or on none"},
            {"snapshot", Schema::boolean(),
             "answer with the present state: each later change is told, and no earlier one", false,
             false},
            {"interval_seconds", Schema::integer(1, 3600), "how often topic stats is told", false,
             1}}),
       Schema::object({{"subscription", count_schema(), "its number in this session", true},
                       {"snapshot", snapshot_schema(), "the present state, if asked for"}})},
      {"event.unsubscribe", "be told no more",
       Schema::object({{"subscription", Schema::integer(1, 0x7fff'ffff),
                        "the number that event.subscribe gave", true}}),
       nothing()},
  };
}

}  // namespace

std::vector<Method> methods() {
  std::vector<Method> all;
  for (auto&& group :
       {system_methods(), switch_methods(), port_methods(), vlan_methods(), fdb_methods(),
        statistics_methods(), log_methods(), config_methods(), event_methods(), mirror_methods(),
        sflow_methods(), capture_methods(), stp_methods()}) {
    all.insert(all.end(), group.begin(), group.end());
  }
  return all;
}

}  // namespace tapswitch::api
