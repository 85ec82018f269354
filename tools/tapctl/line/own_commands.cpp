// SPDX-License-Identifier: Apache-2.0
#include "tools/tapctl/line/own_commands.hpp"

#include <algorithm>

#include "control/config/schema.hpp"
#include "tools/tapctl/top/top_view.hpp"

namespace tapswitch::tapctl {

using rpc::Field;
using rpc::Schema;

namespace {

constexpr std::int64_t longest_interval_seconds = 3600;

Field switch_field() { return {"switch", config::name_schema(), "only this switch and its ports"}; }

}  // namespace

const std::vector<rpc::Method>& own_commands() {
  static const std::vector<rpc::Method> all = {
      {"top", "what each port carries now, as a table that stays up to date",
       Schema::object({switch_field(),
                       {"sort", Schema::word(top_column_names()),
                        "by which column, numbers from the highest", false, "rx"},
                       {"filter", Schema::text(0, longest_filter),
                        "only ports whose own name or whose switch's contains this"},
                       {"interval", Schema::integer(1, longest_interval_seconds),
                        "seconds from one look to the next", false, 1},
                       {"once", Schema::boolean(), "print one table, then end", false, false}}),
       Schema::any()},
      {"graph", "switches, VLANs and ports in the language of dot(1)",
       Schema::object(
           {switch_field(),
            {"stations", Schema::boolean(), "also the stations that are known", false, false}}),
       Schema::any()},
  };
  return all;
}

bool is_own_command(const std::string& name) {
  return std::any_of(own_commands().begin(), own_commands().end(),
                     [&](const rpc::Method& command) { return command.name == name; });
}

}  // namespace tapswitch::tapctl
