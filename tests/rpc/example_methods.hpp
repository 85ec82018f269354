// SPDX-License-Identifier: Apache-2.0
// example_methods.hpp: a table of methods to dispatch to: those that the examples of the
// JSON-RPC 2.0 specification call, with their parameters by name, and some that fail in every way
// there is.
#pragma once

#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "control/rpc/dispatcher.hpp"

namespace tapswitch::rpc::test {

inline Schema number() { return Schema::integer(-1'000'000, 1'000'000); }

inline Schema numbers() {
  return Schema::object({{"numbers", Schema::list(number(), 8), {}, true}});
}

inline std::vector<Method> example_methods() {
  const Schema nothing = Schema::object({});
  return {
      {"subtract", "the difference of two numbers",
       Schema::object({{"minuend", number(), "what to subtract from", true},
                       {"subtrahend", number(), "what to subtract", true}}),
       number()},
      {"sum", "the sum of some numbers", numbers(), number()},
      {"update", "keep some numbers", numbers(), Schema::null(), true},
      {"notify_sum", "hear of some numbers", numbers(), Schema::null()},
      {"notify_hello", "be greeted", Schema::object({{"number", number(), {}, true}}),
       Schema::null()},
      {"get_data", "some data", nothing, Schema::list(Schema::any(), 2)},
      {"fail.refused", "what is not found", nothing, Schema::null()},
      {"fail.bug", "an exception that should not have been", nothing, Schema::null()},
      {"fail.thrown_number", "an exception that is none", nothing, Schema::null()},
      {"text.not_utf8", "bytes that are no text", nothing, Schema::any()},
  };
}

inline std::map<std::string, Handler> example_handlers() {
  const Handler none = [](const Json&, const Caller&) { return Json(); };
  const Handler sum = [](const Json& params, const Caller&) {
    int total = 0;
    for (const Json& value : params["numbers"]) {
      total += value.get<int>();
    }
    return Json(total);
  };
  return {
      {"subtract",
       [](const Json& params, const Caller&) {
         return Json(params["minuend"].get<int>() - params["subtrahend"].get<int>());
       }},
      {"sum", sum},
      {"update", none},
      {"notify_sum", sum},
      {"notify_hello", none},
      {"get_data",
       [](const Json&, const Caller&) {
         return Json::array({"hello", 5});
       }},
      {"fail.refused",
       [](const Json&, const Caller&) -> Json {
         throw Error(ErrorKind::not_found, "there is no port 'x'", {{"port", "x"}});
       }},
      {"fail.bug",
       [](const Json&, const Caller&) -> Json { throw std::runtime_error("secret detail"); }},
      {"fail.thrown_number", [](const Json&, const Caller&) -> Json { throw 7; }},
      {"text.not_utf8",
       [](const Json&, const Caller&) {
         return Json::object({{"name", "a\xff\xfe z"}, {"b\xc3", 1}});
       }},
  };
}

}  // namespace tapswitch::rpc::test
