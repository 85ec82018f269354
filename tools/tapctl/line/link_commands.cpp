// SPDX-License-Identifier: Apache-2.0
#include "tools/tapctl/line/link_commands.hpp"

#include <algorithm>
#include <utility>

#include "control/api/methods.hpp"
#include "control/config/conditions.hpp"
#include "control/lab/link_conditions.hpp"
#include "tools/tapctl/line/own_commands.hpp"

namespace tapswitch::tapctl {

using rpc::Field;
using rpc::Schema;

namespace {

Schema link_conditions_schema() {
  std::vector<Field> fields = lab::fields_of_direction();
  Field flap = config::flap_field();
  flap.description += ", whatever was named";
  fields.push_back(std::move(flap));
  return Schema::any_of({Schema::object(std::move(fields)), Schema::null()},
                        "an object of those named here, or null for none");
}

}  // namespace

const std::vector<rpc::Method>& link_commands() {
  static const std::vector<rpc::Method> all = {
      {"link.list", "the links of a lab: their ends, state and conditions", Schema::object({}),
       Schema::any()},
      {"link.set",
       "changes the conditions of a link of a lab: what is named, and the rest stays; one end "
       "means the frames that leave there, as `containerlab tools netem set -n NODE -i INTERFACE` "
       "has it, both ends mean both directions, and so does --clear unless --direction says one",
       Schema::object(
           {{"ends",
             Schema::list(
                 Schema::text("end", "NODE:INTERFACE, or the name of a switch", is_name_or_end), 2),
             "one end of the link, or both", true},
            {"direction", Schema::word({"a-to-b", "b-to-a", "both"}),
             "which frames are meant, whatever ends were named; a is the end that the lab file, "
             "and `link list`, name first"},
            {"conditions", link_conditions_schema(), "conditions of these frames, all at once"}}),
       Schema::any()},
  };
  return all;
}

bool is_link_command(const std::string& name) {
  return std::any_of(link_commands().begin(), link_commands().end(),
                     [&](const rpc::Method& command) { return command.name == name; });
}

std::vector<rpc::Method> nouns_and_verbs() {
  std::vector<rpc::Method> all = api::methods();
  all.insert(all.end(), link_commands().begin(), link_commands().end());
  return all;
}

}  // namespace tapswitch::tapctl
