// SPDX-License-Identifier: Apache-2.0
#include "control/rpc/jsonrpc.hpp"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "control/rpc/excerpt.hpp"

namespace tapswitch::rpc {

namespace {

[[noreturn]] void refuse(const std::string& field, const std::string& problem) {
  const std::string where = field.empty() ? "" : fmt::format(" ({})", field);
  throw Error(ErrorKind::invalid_request, fmt::format("no valid request{}: {}", where, problem),
              {{"field", field}, {"problem", problem}});
}

// A number beyond 2^53 that is no 64-bit integer could not be given back as it came.
bool is_good_id(const Json& id) {
  if (id.is_number_float()) {
    return std::abs(id.get<double>()) <= 9007199254740992.0;
  }
  return id.is_string() || id.is_number() || id.is_null();
}

}  // namespace

Request to_request(Json message) {
  if (!message.is_object()) {
    refuse("", "expected an object, got " + kind_of(message));
  }
  Request request;
  bool has_version = false;
  bool has_method = false;
  for (auto& [name, value] : message.get_ref<Json::object_t&>()) {
    if (name == "jsonrpc") {
      has_version = value == "2.0";
    } else if (name == "method") {
      if (!value.is_string()) {
        refuse(name, "expected a string, got " + kind_of(value));
      }
      has_method = true;
      request.method = std::move(value.get_ref<std::string&>());
    } else if (name == "params") {
      if (!value.is_structured()) {
        refuse(name, "expected an object, got " + kind_of(value));
      }
      request.params = std::move(value);
    } else if (name == "id") {
      if (!is_good_id(value)) {
        refuse(name, "expected a string, an integer or null, got " + kind_of(value));
      }
      request.id = std::move(value);
    } else {
      refuse(excerpt(name), "unknown member; there are jsonrpc, method, params and id");
    }
  }
  if (!has_version) {
    refuse("jsonrpc", "must be \"2.0\"");
  }
  if (!has_method) {
    refuse("method", "missing");
  }
  return request;
}

Json reply_id(const Json& message) {
  if (message.is_object()) {
    if (const auto id = message.find("id"); id != message.end() && is_good_id(*id)) {
      return *id;
    }
  }
  return nullptr;
}

std::string success_line(const Json& id, std::string_view result) {
  return fmt::format(R"({{"jsonrpc":"2.0","result":{},"id":{}}})", result, to_line(id));
}

Json error_reply(const Json& id, const Error& error) {
  return {{"jsonrpc", "2.0"}, {"error", error.to_json()}, {"id", id}};
}

std::string to_line(const Json& message) {
  return message.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace tapswitch::rpc
