// SPDX-License-Identifier: Apache-2.0
#include "control/api/method_fields.hpp"

#include <cstdint>
#include <utility>

#include "control/api/results.hpp"
#include "control/rpc/limits.hpp"

namespace tapswitch::api {

using rpc::Field;
using rpc::Schema;

Fields operator+(Fields left, const Fields& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

Field dry_run_field() {
  return {"dry_run", Schema::boolean(), "check everything and tell the plan, but change nothing",
          false, false};
}

Schema descriptor_index_schema() {
  return Schema::integer(0, static_cast<std::int64_t>(rpc::Limits().descriptors_per_line) - 1);
}

Schema or_plan(Schema result) {
  return Schema::any_of({std::move(result), plan_schema()}, "the result, or the plan of a dry run");
}

Schema nothing() { return Schema::object({}); }

}  // namespace tapswitch::api
