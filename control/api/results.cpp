// SPDX-License-Identifier: Apache-2.0
#include "control/api/results.hpp"

#include <limits>

#include "control/config/far_end.hpp"
#include "control/config/offload_names.hpp"
#include "control/config/schema.hpp"
#include "control/config/stp.hpp"
#include "switch/engine/mirroring.hpp"
#include "switch/forwarding/drop_reason.hpp"

namespace tapswitch::api {

using config::mac_schema;
using config::name_schema;
using config::vlan_id_schema;
using rpc::Field;
using rpc::Schema;

namespace {

Schema any_text() { return Schema::text(0, 65'536); }

Field count_field(const char* name, const char* description) {
  return {name, count_schema(), description, true};
}

Schema nullable(Schema schema) {
  std::string allowed = schema.allowed() + ", or null";
  return Schema::any_of({std::move(schema), Schema::null()}, std::move(allowed));
}

Schema names_schema() { return Schema::list(name_schema(), most_items); }

Schema offloads_schema() {
  std::vector<std::string> names;
  for (const config::OffloadName& offload : config::offload_names) {
    names.emplace_back(offload.name);
  }
  return Schema::list(Schema::word(names), names.size());
}

Schema kernel_path_schema() {
  return Schema::object({{"state", Schema::word({"on", "off"}), "whether it is used", true},
                         {"reason", any_text(), "why it is off"}});
}

Schema tunnel_schema() {
  const Schema remote = Schema::object({
      {"address", any_text(), "where it is", true},
      {"learned", Schema::boolean(), "false: its user has told it", true},
      count_field("way_mtu", "of the route to it; 0: there is none, or it is not known"),
      count_field("in_frames", "frames that came from it"),
      count_field("in_octets", "their bytes"),
      count_field("out_frames", "frames that left to it"),
      count_field("out_octets", "their bytes"),
      count_field("unsent", "frames for it that the kernel did not take"),
      count_field("refused", "errors that came back: nobody receives there, or there is no way"),
      {"stations", count_schema(), "behind it, where there can be several remotes"},
  });
  return Schema::object({
      {"remotes", Schema::list(remote, most_items), "the other ends", true},
      count_field("remotes_not_learned", "frames of strangers for whom there was no room"),
      {"stations_moved", count_schema(), "from behind one remote to behind another"},
      {"stations_refused", count_schema(),
       "not noted for want of room; what is for them is flooded"},
  });
}

Schema drops_schema() {
  std::vector<Field> fields;
  for (const DropReasonText& reason : drop_reasons) {
    fields.push_back({std::string(reason.name), count_schema(), std::string(reason.description)});
  }
  return Schema::object(std::move(fields));
}

}  // namespace

Schema count_schema() { return Schema::integer(0, std::numeric_limits<std::int64_t>::max()); }

Schema plan_schema() {
  return Schema::object({{"plan", Schema::list(any_text(), most_items),
                          "the steps it would take, for people", true}});
}

Schema log_line_schema() {
  return Schema::object({
      {"time", any_text(), "when, as 2026-01-31T12:00:00.000Z", true},
      {"level", any_text(), "how grave it is, as log.set names levels", true},
      {"text", any_text(), "what was logged", true},
  });
}

Schema system_info_schema() {
  return Schema::object({
      {"version", any_text(), "of tapswitch", true},
      count_field("pid", "process id of the daemon"),
      count_field("uptime_seconds", "since the daemon started"),
      count_field("workers", "threads that forward frames"),
      count_field("switches", "how many there are"),
      count_field("ports", "how many there are on all switches"),
      count_field("revision", "how many changes of the configuration there have been"),
      {"limits", Schema::map(name_schema(), count_schema(), 64), "by name", true},
      {"offloads", offloads_schema(), "what TAPs can leave unfinished, as far as is known", true},
      {"kernel",
       Schema::object({{"release", any_text(), "of the kernel", true},
                       {"namespaces", Schema::boolean(),
                        "whether ports can be opened in other network namespaces", true}}),
       "what it lets the daemon do", true},
      {"kernel_path", kernel_path_schema(), "whether it forwards in the kernel", true},
      {"socket", any_text(), "path of the control socket", true},
  });
}

Schema switch_schema() {
  return Schema::object({
      {"name", name_schema(), "its name", true},
      {"fdb",
       Schema::object({count_field("ageing_seconds", "after which a silent station is forgotten"),
                       count_field("capacity", "most stations"),
                       count_field("stations", "stations it knows now")}),
       "the forwarding database", true},
      {"forward_reserved", Schema::list(any_text(), 16), "reserved addresses that cross", true},
      {"stp", config::stp_schema(), "its spanning tree; left out where there is none to be"},
      {"wire", Schema::boolean(), "whether the carriers of two ports follow each other", true},
      count_field("ports", "how many it has"),
  });
}

Schema port_schema() {
  std::vector<Field> fields{
      {"name", name_schema(), "its name", true},
      count_field("number", "its own while the daemon and its successors run; sFlow's ifIndex"),
      {"switch", name_schema(), "the switch it belongs to", true},
      {"type", Schema::word(config::far_end_types()), "its kind", true},
      {"state", Schema::word({"up", "down", "no_carrier", "lost"}),
       "down: administratively; lost: its device is gone, or was not to be had at the start", true},
      {"link",
       Schema::object({
           {"interface", nullable(any_text()), "its name now; null: the port has none", true},
           {"mac", nullable(mac_schema()), "of the far end", true},
           count_field("mtu", "in bytes"),
       }),
       "the interface as the kernel has it now", true},
      count_field("stations", "learned or put on the port"),
      {"offloads", offloads_schema(), "what crosses the port unfinished", true},
      {"kernel_path", kernel_path_schema(),
       "whether known unicast of the port is forwarded in the kernel", true},
      {"storms", Schema::list(Schema::word({"broadcast", "multicast", "unknown_unicast"}), 3),
       "classes of which a storm is under way: storm control has dropped frames of them within the "
       "last 5 s; where there is no storm control it is left out"},
      {"tunnel", tunnel_schema(), "of a tunnel with several other ends: what crosses to each"},
      {"lost_because", any_text(),
       "of a port that is lost: what its opening was refused with last, or that its device is "
       "gone"},
      {"door", name_schema(),
       "of a VDE client's port: the port of type vde by which it came in, whose rules it has"},
      {"warnings", Schema::list(any_text(), most_items),
       "in the answers of port.add and port.set: what its user should know; of port.set also which "
       "static entries have no effect any more, or lead again"},
  };
  std::vector<Field> of_kinds = config::far_end_variant({}, config::port_fields()).fields();
  // The word of its user comes out in whether it is used.
  std::erase_if(of_kinds, [](const Field& field) { return field.name == "kernel_path"; });
  fields.insert(fields.end(), of_kinds.begin() + 1, of_kinds.end());  // the first is "type"
  return Schema::object(std::move(fields));
}

Schema vlan_entry_schema() {
  return Schema::object({
      {"switch", name_schema(), "the switch", true},
      {"vid", vlan_id_schema(), "the VLAN", true},
      {"name", nullable(name_schema()), "its name", true},
      {"tagged", names_schema(), "ports by which its frames leave with a tag", true},
      {"untagged", names_schema(), "ports by which its frames leave without", true},
      count_field("stations", "known in it"),
      count_field("in_frames", "frames that came in and belonged to it"),
      count_field("in_octets", "their bytes"),
  });
}

Schema fdb_entry_schema() {
  return Schema::object({
      {"mac", mac_schema(), "the station's address", true},
      {"vlan", vlan_id_schema(), "its VLAN", true},
      {"port", name_schema(), "the port to reach it by", true},
      {"kind", Schema::word({"dynamic", "static"}), "learned, or put by hand", true},
      count_field("age_seconds", "since it was last heard; 0 for a static entry"),
  });
}

Schema port_statistics_schema() {
  return Schema::object({
      count_field("in_octets", "bytes of all frames received"),
      count_field("in_unicast", "frames received and passed on, to one station"),
      count_field("in_multicast", "... to a group"),
      count_field("in_broadcast", "... to all"),
      count_field("out_octets", "bytes of all frames sent"),
      count_field("out_unicast", "frames meant to leave here, also if dropped, to one station"),
      count_field("out_multicast", "... to a group"),
      count_field("out_broadcast", "... to all"),
      {"drops", drops_schema(), "dropped frames by reason; reasons that did not occur are left out",
       true},
      count_field("ingress_kernel_drops",
                  "frames the kernel dropped before the switch could read them"),
      count_field("egress_kernel_drops", "frames the kernel dropped after the switch wrote them"),
  });
}

Schema switch_statistics_schema() {
  return Schema::object({
      count_field("stations", "stations known now"),
      count_field("fdb_added", "stations learned"),
      count_field("fdb_moved", "stations that came to be on another port"),
      count_field("fdb_aged", "stations forgotten because they were silent"),
      count_field("fdb_evicted", "stations forgotten to make way for newcomers in a full table"),
      count_field("fdb_refused_table_full", "stations not learned because the table was full"),
      count_field("fdb_refused_port_full", "stations not learned because of the port's limit"),
  });
}

Schema vlan_statistics_schema() {
  return Schema::object({
      count_field("in_frames", "frames that came in and belonged to the VLAN"),
      count_field("in_octets", "their bytes"),
  });
}

Schema rate_schema() {
  return Schema::object({
      count_field("in_bits_per_second", "received"),
      count_field("in_frames_per_second", "received and passed on"),
      count_field("out_bits_per_second", "sent"),
      count_field("out_frames_per_second", "meant to leave here"),
      count_field("drops_per_second", "dropped, for whatever reason"),
      count_field("interval_microseconds", "the time over which this was measured"),
      {"switch", name_schema(), "the switch it belongs to", true},
      {"state", Schema::word({"up", "down", "no_carrier", "lost"}), "as port.get tells it", true},
      count_field("stations", "learned or put on the port"),
  });
}

Schema trace_schema() {
  const Schema tag = Schema::object({
      {"vid", Schema::integer(0, 4095), "VLAN identifier", true},
      {"priority", Schema::integer(0, 7), "PCP", true},
      {"drop_eligible", Schema::boolean(), "DEI", true},
      {"ethertype", Schema::word({"0x8100", "0x88a8"}), "the tag's type", true},
  });
  const Schema egress = Schema::object({
      {"port", name_schema(), "a port it leaves by", true},
      {"tag", nullable(tag), "its outermost VLAN tag there", true},
  });
  const Schema dropped = Schema::object({
      {"port", name_schema(), "a port it should leave by, and does not", true},
      {"reason", any_text(), "why, as in statistics", true},
  });
  return Schema::object({
      {"outcome", Schema::word({"drop", "unicast", "flood", "punt"}),
       "what becomes of the frame; drop: it leaves by no port; punt: the switch's protocols take "
       "it",
       true},
      {"reason", any_text(),
       "drop: the reason, as in statistics; that of the first port if they differ"},
      {"vlan", vlan_id_schema(), "the VLAN it was found to belong to"},
      {"egress", Schema::list(egress, most_items), "where it leaves", true},
      {"dropped", Schema::list(dropped, most_items), "where it should leave, but does not", true},
      {"mirrored", Schema::list(name_schema(), max_mirrors), "where mirrors send copies of it",
       true},
      {"kernel_path", kernel_path_schema(), "whether it would be forwarded in the kernel", true},
      {"steps", Schema::list(any_text(), most_items), "each step of the decision, in words", true},
  });
}

Schema snapshot_schema() {
  const Field home{"switch", name_schema(), "the switch", true};
  std::vector<Field> station = fdb_entry_schema().fields();
  station.insert(station.begin(), home);
  const Schema vlan = Schema::object({home,
                                      {"vid", vlan_id_schema(), "the VLAN", true},
                                      {"name", name_schema(), "its name", true}});
  return Schema::object({
      {"switches", Schema::list(switch_schema(), most_items), "as switch.get answers"},
      {"ports", Schema::list(port_schema(), most_items), "as port.get answers"},
      {"vlans", Schema::list(vlan, most_items), "those that have a name"},
      {"entries", Schema::list(Schema::object(std::move(station)), most_items),
       "the stations, as fdb.list answers"},
  });
}

}  // namespace tapswitch::api
