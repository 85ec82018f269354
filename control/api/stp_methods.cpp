// SPDX-License-Identifier: Apache-2.0
#include "control/api/stp_methods.hpp"

#include <utility>

#include "control/api/method_fields.hpp"
#include "control/api/results.hpp"
#include "control/config/schema.hpp"

namespace tapswitch::api {

using config::name_schema;
using rpc::Method;
using rpc::Schema;

namespace {

Fields bridge_fields() {
  return {{"priority", count_schema(), "the first half of its identifier", true},
          {"address", config::mac_schema(), "the other half", true}};
}

Schema or_null(Schema schema, const char* allowed) {
  return Schema::any_of({std::move(schema), Schema::null()}, allowed);
}

Schema port_in_tree_schema() {
  return Schema::object({
      {"name", name_schema(), "of the port", true},
      {"number", count_schema(), "by which others know it", true},
      {"role", Schema::word({"disabled", "alternate", "backup", "root", "designated"}),
       "root: the way to the root; designated: the way to it for those behind; alternate, backup: "
       "ready to take their places",
       true},
      {"state", Schema::word({"discarding", "learning", "forwarding"}),
       "what becomes of frames that are no protocol's", true},
      {"path_cost", count_schema(), "of the way by it", true},
      {"priority", count_schema(), "among ports as good", true},
      {"edge", Schema::boolean(), "whether it counts as one with no bridge behind", true},
      {"point_to_point", Schema::boolean(), "whether two bridges at most are on its link", true},
      {"protocol", Schema::word({"rstp", "stp"}), "what is spoken there", true},
      {"guard", or_null(Schema::word({"bpdu", "root"}), "bpdu, root, or null"),
       "which guard keeps it from forwarding", true},
      {"designated",
       or_null(
           Schema::object({{"bridge", Schema::object(bridge_fields()), "whose port it is", true},
                           {"port", count_schema(), "the number of that port", true},
                           {"path_cost", count_schema(), "from there to the root", true}}),
           "an object, or null while it takes no part"),
       "the designated port of its link", true},
      {"received", count_schema(), "BPDUs that came in", true},
      {"sent", count_schema(), "BPDUs that left", true},
      {"invalid", count_schema(), "frames to bridges that were no BPDUs", true},
  });
}

Schema tree_schema() {
  const Fields root =
      bridge_fields() + Fields{{"path_cost", count_schema(), "of the way there", true},
                               {"port", or_null(name_schema(), "a name, or null"),
                                "the root port; null: this bridge is the root", true}};
  return Schema::object({
      {"switch", name_schema(), "its name", true},
      {"mode", Schema::word({"off", "rstp", "stp"}), "off: nothing but the ports follows", true},
      {"bridge", Schema::object(bridge_fields()), "the switch, as others know it"},
      {"root", Schema::object(root), "of the tree"},
      {"hello_seconds", count_schema(), "as the root says"},
      {"max_age_seconds", count_schema(), "likewise"},
      {"forward_delay_seconds", count_schema(), "likewise"},
      {"topology_changes", count_schema(), "that were seen here or heard of"},
      {"seconds_since_change", or_null(count_schema(), "a number, or null"),
       "since the last of them; null: there was none"},
      {"ports", Schema::list(port_in_tree_schema(), most_items),
       "in order of their numbers; empty where it is off", true},
  });
}

}  // namespace

std::vector<Method> stp_methods() {
  return {{"stp.get", "the spanning tree of a switch: its root, and what each port does in it",
           Schema::object({{"switch", name_schema(),
                            "which switch; may be left out where there is only one"}}),
           tree_schema()}};
}

}  // namespace tapswitch::api
