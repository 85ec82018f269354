// SPDX-License-Identifier: Apache-2.0
#include "control/config/schema.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "control/config/conditions.hpp"
#include "control/config/mirrors.hpp"
#include "control/config/model.hpp"
#include "control/config/reserved_address.hpp"
#include "control/config/sflow.hpp"
#include "control/config/storm_control.hpp"
#include "control/config/stp.hpp"
#include "switch/engine/switch.hpp"
#include "switch/forwarding/vlan_set.hpp"
#include "switch/frame/mac_address.hpp"
#include "switch/frame/vlan_tag.hpp"
#include "switch/system/interface_name.hpp"
#include "switch/system/socket_address.hpp"

namespace tapswitch::config {

using rpc::Field;
using rpc::Schema;

namespace {

constexpr std::size_t longest_text = 255;
constexpr std::size_t longest_path = 4095;

Schema positive_text(std::size_t longest) { return Schema::text(1, longest); }

Field acceptable_field() {
  return {"acceptable", Schema::word({"all", "tagged", "untagged"}),
          "which frames may come in; one that has only a priority counts as untagged", false,
          "all"};
}

Field acceptable_at_access_field() {
  Field field = acceptable_field();
  field.description =
      "which frames may come in: with all also tagged ones of its VLAN, which are refused else";
  field.default_value = "untagged";
  return field;
}

Field pvid_field() { return {"pvid", vlan_id_schema(), "the VLAN of the port", true}; }

// "10": a VLAN as the key of an object.
bool is_vlan_key(std::string_view text) {
  std::uint32_t vid = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), vid);
  return error == std::errc{} && end == text.data() + text.size() && text.front() != '0' &&
         vid <= last_vlan;
}

bool is_station(std::string_view text) {
  const auto mac = MacAddress::parse(text);
  return mac && !mac->is_group() && !mac->is_zero();
}

Schema static_entry_schema() {
  return Schema::object(
      {{"mac", Schema::text("mac", "a unicast address, as 02:00:00:00:00:01", is_station),
        "the station's address", true},
       {"vlan", vlan_id_schema(), "its VLAN", true},
       {"port", name_schema(), "the port to reach it by", true}});
}

Schema document_switch_schema() {
  std::vector<Field> fdb = fdb_schema().fields();
  fdb.push_back({"static", Schema::list(static_entry_schema(), SwitchOptions::max_fdb_capacity),
                 "stations that neither age nor move"});
  const Schema vlan = Schema::object({{"name", name_schema(), "its name", true}});
  std::vector<Field> fields = switch_fields();
  for (Field& field : fields) {
    if (field.name == "fdb") {
      field.schema = Schema::object(fdb);
    }
  }
  fields.push_back(
      {"vlans",
       Schema::map(Schema::text("vlan-id", "1..4094 in digits", is_vlan_key), vlan, last_vlan),
       "the VLANs that have names, by number"});
  fields.push_back({"mirrors",
                    Schema::map(name_schema(), Schema::object(mirror_fields()), max_mirrors),
                    "what copies frames to other ports, by name"});
  fields.push_back({"ports",
                    Schema::map(name_schema(), far_end_variant({}, port_fields()), max_ports),
                    "the ports, by name"});
  return Schema::object(std::move(fields));
}

Schema make_document_schema() {
  return Schema::object(
      {{"$schema", Schema::text(0, longest_path), "for editors; not read"},
       {"version", Schema::integer(1, 1), "of this format", true},
       {"revision", Schema::integer(0, std::numeric_limits<std::int64_t>::max()),
        "how many changes came before config.get wrote this; not read"},
       {"switches", Schema::map(name_schema(), document_switch_schema(), NetworkSpec::max_switches),
        "the switches, by name", true},
       {"sflow",
        Schema::any_of({Schema::object(sflow_fields()), Schema::null()},
                       "an object, or null for none"),
        "samples of frames and counters for collectors of sFlow; default: none"}});
}

}  // namespace

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 32 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
}

Schema name_schema() { return Schema::text("name", "1 to 32 of A-Z a-z 0-9 . _ -", is_name); }

Schema mac_schema() {
  return Schema::text("mac", "six pairs of hex digits, as 02:00:00:00:00:01",
                      [](std::string_view text) { return MacAddress::parse(text).has_value(); });
}

Schema vlan_id_schema() { return Schema::integer(first_vlan, last_vlan); }

Schema vlan_set_schema() {
  return Schema::any_of(
      {Schema::text("vlan-set", "VLANs and ranges, as 1-100,200",
                    [](std::string_view text) { return VlanSet::parse(text).has_value(); }),
       Schema::list(vlan_id_schema(), last_vlan)},
      "VLANs of 1..4094, as \"1-100,200\" or [1, 200]");
}

Schema vlan_schema() {
  return Schema::variant(
      "mode",
      {{"access", {pvid_field(), acceptable_at_access_field()}},
       {"trunk",
        {{"native", Schema::any_of({vlan_id_schema(), Schema::null()}, "1..4094, or null for none"),
          "the VLAN of untagged frames, which the trunk always carries; null: they are refused",
          false, 1},
         {"native_tagged", Schema::boolean(), "whether frames of the native VLAN leave tagged",
          false, false},
         {"allowed", vlan_set_schema(), "the VLANs it carries besides", false, "1-4094"},
         {"vendor_ethertype",
          Schema::any_of({Schema::word({"0x9100", "0x9200"}), Schema::null()},
                         "\"0x9100\", \"0x9200\", or null for none"),
          "a type of tag that names VLANs here too, beside 0x8100 and 0x88a8", false},
         acceptable_field()}},
       {"dot1q-tunnel",
        {pvid_field(),
         {"ethertype", Schema::word({"0x88a8", "0x8100", "0x9100", "0x9200"}),
          "the type of the tag that its frames have on trunks", false, "0x88a8"},
         acceptable_field()}}});
}

Schema flood_schema() {
  return Schema::object({
      {"unknown_unicast", Schema::boolean(), "frames to stations nobody has heard yet"},
      {"multicast", Schema::boolean(), "frames to groups"},
      {"broadcast", Schema::boolean(), "frames to all"},
  });
}

Schema interface_schema() {
  return Schema::text("interface", "1 to 15 characters without space, '/', ':' and '%'",
                      [](std::string_view text) { return !interface_name_fault(text); });
}

rpc::Field frame_mtu_field() {
  return {"mtu", Schema::integer(68, 65'521),
          "the most bytes of payload that leave here in a frame; default: no limit"};
}

Schema account_schema() {
  return Schema::any_of({Schema::integer(0, 0xffff'fffe), positive_text(32)}, "a name or a number");
}

Schema socket_path_schema() {
  return Schema::text(
      "socket-path",
      fmt::format("an absolute path of at most {} bytes", SocketAddress::max_path_size),
      [](std::string_view text) { return SocketAddress::of_path(text).has_value(); });
}

Schema namespace_schema() {
  return Schema::any_of({positive_text(longest_path), Schema::integer(1, 0x7fff'ffff)},
                        "a name as `ip netns` has it, a path, or a pid");
}

Schema forward_reserved_schema() {
  return Schema::list(
      Schema::any_of({Schema::word(reserved_words()),
                      Schema::text("reserved-address", "01:80:c2:00:00:00 to 0f",
                                   [](std::string_view text) {
                                     const auto mac = MacAddress::parse(text);
                                     return mac && mac->is_reserved();
                                   })},
                     "lldp, lacp, stp, eapol, pause, all, or 01:80:c2:00:00:00 to 0f"),
      16);
}

Schema fdb_schema() {
  return Schema::object({
      {"ageing_seconds", Schema::integer(1, 1'000'000),
       "after how long a station that is not heard is forgotten", false,
       SwitchOptions::default_ageing.count()},
      {"capacity", Schema::integer(1, static_cast<std::int64_t>(SwitchOptions::max_fdb_capacity)),
       "the most stations the switch remembers", false, SwitchOptions::default_fdb_capacity},
  });
}

std::vector<Field> switch_fields() {
  return {
      {"fdb", fdb_schema(), "limits of the forwarding database"},
      {"forward_reserved", forward_reserved_schema(),
       "which of the addresses 01:80:c2:00:00:00 to 0f cross the switch; 802.1Q says none"},
      {"stp", stp_schema(),
       "the spanning tree that keeps a ring of switches from being one; what is named is changed, "
       "null makes it off"},
      {"wire", Schema::boolean(),
       "a link of two ends: a TAP has no carrier while the other end is down, lost, unplugged or "
       "not "
       "there; without effect on a switch of more than two ports",
       false, false},
  };
}

std::vector<Field> port_fields() {
  return {
      {"vlan", vlan_schema(),
       "how the port takes part in VLANs; default: a trunk of all, native 1"},
      {"flood", flood_schema(), "which frames without a known single destination leave here"},
      {"storm_control", storm_control_schema(),
       "how much of what is flooded may come in by the port; what is beyond is dropped; what is "
       "named is changed, null takes all limits away"},
      {"learning", Schema::boolean(), "whether stations are learned from frames that come in",
       false, true},
      {"isolated", Schema::boolean(), "exchanges no frames with other isolated ports", false,
       false},
      {"hairpin", Schema::boolean(), "frames may leave by the port they came in by", false, false},
      {"kernel_path", Schema::boolean(),
       "known unicast is forwarded in the kernel, where that can be done", false, true},
      {"fdb_limit", Schema::integer(0, static_cast<std::int64_t>(SwitchOptions::max_fdb_capacity)),
       "the most stations learned on the port; 0: as many as the switch has room for", false, 0},
      {"carrier", Schema::boolean(),
       "false: the far end is unplugged and has no carrier, whatever it does; a socket is closed",
       false, true},
      {"conditions", conditions_schema(),
       "how the line to the far end is worse than a perfect one: of frames that leave, and 'in' of "
       "those that come in; what is named is changed, null takes all away"},
      {"stp", port_stp_schema(),
       "the port in the spanning tree of its switch, if that has one; what is named is changed, "
       "null takes all back"},
      {"worker", Schema::integer(0, WorkerPool::max_count - 1),
       "the worker that receives its frames; default: the one with fewest ports"},
      {"description", Schema::text(0, longest_text), "a remark for people", false, ""},
  };
}

const Schema& document_schema() {
  // Made once: it is large, and a document of one line should be read in the time of one line.
  static const Schema schema = make_document_schema();
  return schema;
}

Json printed_schema() {
  Json json = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
               {"title", "tapswitch configuration"}};
  json.update(document_schema().to_json_schema());
  return json;
}

}  // namespace tapswitch::config
