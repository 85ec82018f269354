// SPDX-License-Identifier: Apache-2.0
// response_check.hpp: checks what must hold of every reply, shared by the property test and the
// fuzzer.
#pragma once

#include <string>

#include "tests/rpc/example_methods.hpp"

namespace tapswitch::rpc::test {

// Returns what is wrong with a single response object; empty if nothing is.
inline std::string fault_of_response(const Json& response) {
  if (!response.is_object() || response.size() != 3 || response.value("jsonrpc", "") != "2.0") {
    return "no response object";
  }
  const auto id = response.find("id");
  if (id == response.end() || !(id->is_null() || id->is_string() || id->is_number())) {
    return "no good id";
  }
  if (response.contains("result")) {
    return "";
  }
  const auto error = response.find("error");
  if (error == response.end() || !error->is_object()) {
    return "neither a result nor an error";
  }
  const bool is_good = error->contains("code") && (*error)["code"].is_number_integer() &&
                       error->contains("message") && (*error)["message"].is_string() &&
                       error->contains("data") && (*error)["data"].is_object() &&
                       (*error)["data"].contains("kind");
  return is_good ? "" : "no good error object";
}

// Returns what is wrong with a reply line; empty if nothing is.
inline std::string fault_of_reply(const std::string& line) {
  if (line.find('\n') != std::string::npos) {
    return "more than a line";
  }
  const Json reply = Json::parse(line, nullptr, false);
  if (!reply.is_array()) {
    return fault_of_response(reply);
  }
  if (reply.empty()) {
    return "an empty batch";
  }
  for (const Json& each : reply) {
    if (auto fault = fault_of_response(each); !fault.empty()) {
      return fault;
    }
  }
  return "";
}

}  // namespace tapswitch::rpc::test
