// SPDX-License-Identifier: Apache-2.0
// jsonrpc.hpp: the envelope of JSON-RPC 2.0: what makes a JSON value a request, and what a reply
// looks like. What is inside, method and parameters, is the dispatcher's.
//
// Stricter than the specification in two things. A key that occurs twice is a parse_error wherever
// it stands, in the envelope or deep in the parameters, for no reader can tell which was meant. And
// a request with members that JSON-RPC does not know is an invalid_request: most are misspelt.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "control/rpc/error.hpp"
#include "control/rpc/json.hpp"

namespace tapswitch::rpc {

struct Request {
  std::string method;
  Json params = Json::object();  // as it came: an object, or a list, which no method takes
  std::optional<Json> id;        // a string, a number or null; nothing: a notification
};

// Throws Error invalid_request if 'message' is no request.
Request to_request(Json message);

// The id to answer 'message' with, even if it is no good request; null if it has no good id.
Json reply_id(const Json& message);

// Returns the line that says 'result', which is the text of JSON.
std::string success_line(const Json& id, std::string_view result);
Json error_reply(const Json& id, const Error& error);

// One line, without its newline. Text in it that is no UTF-8 (an interface may be named so) has its
// bad bytes replaced by U+FFFD.
std::string to_line(const Json& message);

}  // namespace tapswitch::rpc
