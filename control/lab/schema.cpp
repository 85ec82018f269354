// SPDX-License-Identifier: Apache-2.0
#include "control/lab/schema.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "control/config/far_ends/tap.hpp"
#include "control/config/schema.hpp"
#include "control/lab/link_conditions.hpp"
#include "control/lab/model.hpp"
#include "control/lab/route.hpp"
#include "control/lab/sysctl.hpp"
#include "control/lab/uplink.hpp"
#include "switch/system/interface_address.hpp"

namespace tapswitch::lab {

using rpc::Field;
using rpc::Schema;

namespace {

constexpr std::size_t longest_text = 4095;
constexpr std::size_t most_words = 256;
constexpr std::size_t most_entries = 64;
constexpr std::int64_t longest_wait = 3600;

constexpr const char* subnet_allowed =
    "a network of IPv4 with 32 addresses or more, as 10.0.2.0/24";

bool is_server(std::string_view text) {
  const char* prefix = text.find(':') == std::string_view::npos ? "/32" : "/128";
  return InterfaceAddress::parse(std::string(text) + prefix).has_value();
}

Schema path_schema() { return Schema::text(1, longest_text); }

Schema command_schema() {
  return Schema::any_of(
      {Schema::text(1, longest_text), Schema::list(Schema::text(0, longest_text), most_words)},
      "a command for the shell, or a list of words");
}

Schema end_schema() {
  return Schema::text("end", "NODE:INTERFACE, or the name of a switch", [](std::string_view text) {
    const auto colon = text.find(':');
    return config::is_name(text.substr(0, colon)) &&
           (colon == std::string_view::npos ||
            config::interface_schema().check(Json(text.substr(colon + 1))).empty());
  });
}

Schema seconds_schema() { return Schema::integer(1, longest_wait); }

// Returns those of 'fields' that are called one of 'names'.
std::vector<Field> chosen(const std::vector<Field>& fields,
                          const std::vector<std::string_view>& names) {
  std::vector<Field> found;
  std::copy_if(fields.begin(), fields.end(), std::back_inserter(found), [&](const Field& field) {
    return std::find(names.begin(), names.end(), field.name) != names.end();
  });
  return found;
}

Schema interfaces_schema(const std::vector<std::string_view>& members) {
  return Schema::map(config::interface_schema(),
                     Schema::object(chosen(config::TapSpec::fields(), members)), most_entries);
}

Field after_field() {
  return {"after", Schema::list(config::name_schema(), most_nodes),
          "nodes that must be ready before this one is started"};
}

Field timeout_field() {
  return {"timeout_seconds", seconds_schema(), "how long to wait for it", false,
          Readiness::default_timeout.count()};
}

Schema make_lab_schema() {
  std::vector<Field> fields = config::document_schema().fields();
  for (Field& field : fields) {
    if (field.name == "switches") {
      field.is_required = false;
    }
  }
  fields.push_back({"name", config::name_schema(),
                    "the lab's name; default: that of the file without its ending"});
  fields.push_back(
      {"nodes",
       Schema::map(
           config::name_schema(),
           Schema::variant("kind",
                           {{"netns", netns_fields()}, {"vm", vm_fields()}, {"nat", nat_fields()}},
                           "netns"),
           most_nodes),
       "the nodes, by name"});
  fields.push_back({"links", Schema::list(Schema::object(link_fields()), most_links),
                    "what is connected with what"});
  return Schema::object(std::move(fields));
}

}  // namespace

std::vector<Field> netns_fields() {
  return {
      {"interfaces", interfaces_schema({"mac", "mtu", "addresses"}),
       "settings of its interfaces, by name; links make the interfaces"},
      {"sysctls",
       Schema::map(Schema::text("sysctl", "a name that begins with net.", is_sysctl_name),
                   Schema::any_of({Schema::text(1, longest_text),
                                   Schema::integer(-2'147'483'648, 4'294'967'295)},
                                  "a text or a number"),
                   most_entries),
       "kernel parameters of its namespace, as net.ipv4.ip_forward"},
      {"routes", Schema::list(Schema::text("route", route_allowed, is_route), most_entries),
       "its routes, as `ip route add` takes them"},
      {"commands", Schema::list(command_schema(), most_entries),
       "run in it one after another, once its interfaces are there; each must exit with 0"},
      {"processes", Schema::map(config::name_schema(), command_schema(), most_entries),
       "started after the commands and kept running; their output is kept"},
      {"ready",
       Schema::object(
           {{"command", command_schema(), "run until it exits with 0", true}, timeout_field()}),
       "when it counts as up; default: when its processes are started"},
      after_field(),
  };
}

std::vector<Field> vm_fields() {
  return {
      {"interfaces", interfaces_schema({"mac"}),
       "settings of its network cards, by name; links make the cards, in their order"},
      {"kernel", path_schema(), "the kernel to boot, a file"},
      {"initrd", path_schema(), "its initial RAM disk, a file"},
      {"append", Schema::text(0, longest_text), "the kernel's command line", false,
       "console=ttyS0"},
      {"disk", path_schema(), "a disk image, a file: raw or qcow2"},
      {"keep_changes", Schema::boolean(),
       "what it writes stays in the disk image; else it is gone with the machine", false, false},
      {"memory_mib", Schema::integer(16, 1'048'576), "its memory", false,
       Machine::default_memory_mib},
      {"cpus", Schema::integer(1, 256), "its processors", false, 1},
      {"accelerator", Schema::word({"auto", "kvm", "tcg"}),
       "kvm runs it on the processor, tcg emulates one; auto: kvm where that works", false, "auto"},
      {"arguments", Schema::list(Schema::text(0, longest_text), most_words),
       "further arguments of QEMU"},
      {"ready",
       Schema::object(
           {{"console", Schema::text(1, longest_text),
             "a regular expression (ECMAScript) that a line of its console matches", true},
            timeout_field()}),
       "when it counts as up; default: when it is started"},
      after_field(),
  };
}

std::vector<Field> nat_fields() {
  return {
      {"subnet",
       Schema::text("subnet", subnet_allowed,
                    [](std::string_view text) { return Subnet::parse(text).has_value(); }),
       "its network of IPv4: .2 is the router, .3 answers for names, leases begin at .15", false,
       Subnet().to_string()},
      {"ipv6",
       Schema::any_of({Schema::boolean(), Schema::text("prefix", prefix_allowed, is_prefix)},
                      prefix_allowed),
       "the prefix of IPv6 that is told by router advertisements; true: " + UplinkSpec().prefix,
       false, true},
      {"dns",
       Schema::list(Schema::text("address", "an address in digits", is_server), most_entries),
       "servers that are asked for names of no node; default: the machine's first one"},
      {"forward",
       Schema::list(
           Schema::text("forward", forward_allowed,
                        [](std::string_view text) { return parse_forward(text).has_value(); }),
           most_entries),
       "ports of the machine that lead to nodes; without an address at 127.0.0.1 alone"},
  };
}

std::vector<Field> link_fields() {
  std::vector<Field> fields = {{"ends", Schema::list(end_schema(), 2),
                                "the two ends: NODE:INTERFACE, or the name of a switch", true},
                               {"type", Schema::word({"tap", "veth"}),
                                "what a namespace's interface is; default: a veth where known "
                                "unicast can be forwarded in the kernel, else a TAP"}};
  for (Field& field : chosen(config::TapSpec::fields(), {"mac", "mtu", "addresses", "offload"})) {
    fields.push_back(std::move(field));
  }
  for (Field& field : config::port_fields()) {
    fields.push_back(field.name == "conditions" ? link_conditions_field() : std::move(field));
  }
  return fields;
}

const Schema& lab_schema() {
  static const Schema schema = make_lab_schema();
  return schema;
}

Json printed_schema() {
  Json json = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
               {"title", "tapswitch lab"}};
  json.update(lab_schema().to_json_schema());
  return json;
}

}  // namespace tapswitch::lab
