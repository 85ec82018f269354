// SPDX-License-Identifier: Apache-2.0
#include "control/api/sflow_methods.hpp"

#include <utility>

#include "control/api/method_fields.hpp"
#include "control/api/results.hpp"
#include "control/config/sflow.hpp"

namespace tapswitch::api {

using rpc::Field;
using rpc::Method;
using rpc::Schema;

namespace {

// A member that is not named stays as it is.
Fields sflow_set_fields() {
  Fields fields;
  for (Field field : config::sflow_fields()) {
    if (field.name == "collectors") {
      field.description += "; to be said the first time";
      field.is_required = false;
    }
    fields.push_back(std::move(field));
  }
  return fields;
}

Schema sflow_schema() {
  Fields fields;
  for (Field field : config::sflow_fields()) {
    if (field.name == "agent") {
      field.description = "the address that is told; null: it is not known yet";
    }
    field.is_required = true;
    field.default_value = nullptr;
    fields.push_back(std::move(field));
  }
  const auto count = [&fields](const char* name, const char* description) {
    fields.push_back({name, count_schema(), description, true});
  };
  count("datagrams", "sent, to each collector by itself");
  count("datagrams_refused", "of those, what the kernel did not take");
  count("flow_samples", "told");
  count("discard_samples", "told");
  count("counter_samples", "told");
  count("counter_samples_lost", "there was no room for them");
  return Schema::object(std::move(fields));
}

}  // namespace

std::vector<Method> sflow_methods() {
  return {
      {"sflow.set", "send samples of frames and counters to collectors; what is named is changed",
       Schema::object(sflow_set_fields() + Fields{dry_run_field()}), or_plan(sflow_schema()), true},
      {"sflow.get", "what is sent by sFlow, and how much of it; without collectors there is none",
       Schema::object({}), sflow_schema()},
      {"sflow.clear", "send no samples any more", Schema::object({dry_run_field()}),
       or_plan(nothing()), true},
  };
}

}  // namespace tapswitch::api
