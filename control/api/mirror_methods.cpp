// SPDX-License-Identifier: Apache-2.0
#include "control/api/mirror_methods.hpp"

#include <utility>

#include "control/api/method_fields.hpp"
#include "control/api/results.hpp"
#include "control/config/mirrors.hpp"
#include "control/config/schema.hpp"

namespace tapswitch::api {

using config::name_schema;
using rpc::Field;
using rpc::Method;
using rpc::Schema;

namespace {

Field mirror_name_field() { return {"name", name_schema(), "the mirror's name", true}; }

Schema mirror_schema() {
  Fields fields{mirror_name_field(), {"switch", name_schema(), "the switch of its ports", true}};
  for (Field field : config::mirror_fields()) {
    field.is_required = true;
    field.default_value = nullptr;
    fields.push_back(std::move(field));
  }
  return Schema::object(std::move(fields));
}

}  // namespace

std::vector<Method> mirror_methods() {
  return {
      {"mirror.add", "copy frames of a switch to one of its ports",
       Schema::object(Fields{mirror_name_field()} + config::mirror_fields() +
                      Fields{dry_run_field()}),
       or_plan(mirror_schema()), true},
      {"mirror.list", "the mirrors of all switches, or of one",
       Schema::object({{"switch", name_schema(), "only those of this switch"}}),
       Schema::object({{"mirrors", Schema::list(mirror_schema(), most_items),
                        "in order of switch and name", true}})},
      {"mirror.remove", "copy no more; the port that got the copies is as any other again",
       Schema::object({mirror_name_field(), dry_run_field()}), or_plan(nothing()), true},
  };
}

}  // namespace tapswitch::api
