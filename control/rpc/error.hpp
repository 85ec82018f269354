// SPDX-License-Identifier: Apache-2.0
// error.hpp: how a request is refused: the one exception type inside control/, thrown by whoever
// finds the reason and caught in the dispatcher alone.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "control/rpc/json.hpp"

namespace tapswitch::rpc {

// The first five are JSON-RPC 2.0's own (section 5.1), the others tapswitch's.
enum class ErrorKind : std::uint8_t {
  parse_error,
  invalid_request,
  method_not_found,
  invalid_params,
  internal_error,

  not_found,
  already_exists,
  in_use,
  read_only,
  limit_reached,
  conflict,
  permission_denied,
  kernel_refused,
  unsupported,
  shutting_down,
};

// The number that stands for 'kind' on the wire: -32700 to -32603, then from -32001 downwards.
int code_of(ErrorKind kind);

// "not_found" and so on: what 'data.kind' says.
std::string_view name_of(ErrorKind kind);

// Returns what is said where std::bad_alloc was thrown; its kind is limit_reached.
constexpr const char* no_memory = "the daemon has not enough memory for this";

class Error : public std::runtime_error {
 public:
  // 'data' is an object of further members for programs; 'kind' is added to it.
  Error(ErrorKind kind, const std::string& message, Json data = Json::object());

  [[nodiscard]] ErrorKind kind() const { return kind_; }

  // The error object of a JSON-RPC reply: code, message, data.
  [[nodiscard]] Json to_json() const;

 private:
  ErrorKind kind_;
  Json data_;
};

// One thing that is wrong with a value.
struct Problem {
  std::string field;    // where: "vlan.pvid", "addresses[1]"; empty for the whole
  std::string problem;  // what is wrong, with the value: "5000 is out of range"
  std::string allowed;  // what would be right: "1..4094"
};

// An invalid_params error about 'problems' (at least one): the first stands in data.field, .problem
// and .allowed; if there are several, all stand in data.problems.
Error invalid_params(const std::vector<Problem>& problems);

}  // namespace tapswitch::rpc
