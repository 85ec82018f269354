// SPDX-License-Identifier: Apache-2.0
// params.hpp: reads members of an object that its schema has already accepted. A member that is
// there has the right type, so all that is left to ask is whether it is there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "control/rpc/json.hpp"

namespace tapswitch::rpc {

// The member 'name', or null if there is none. Lives as long as 'params'.
inline const Json* find_member(const Json& params, std::string_view name) {
  const auto member = params.find(name);
  return member == params.end() ? nullptr : &*member;
}

inline std::optional<std::string> optional_text(const Json& params, std::string_view name) {
  const Json* member = find_member(params, name);
  return member ? std::optional(member->get<std::string>()) : std::nullopt;
}

inline std::optional<std::int64_t> optional_integer(const Json& params, std::string_view name) {
  const Json* member = find_member(params, name);
  return member ? std::optional(member->get<std::int64_t>()) : std::nullopt;
}

inline std::optional<bool> optional_boolean(const Json& params, std::string_view name) {
  const Json* member = find_member(params, name);
  return member ? std::optional(member->get<bool>()) : std::nullopt;
}

inline std::string text_or(const Json& params, std::string_view name, std::string_view otherwise) {
  return optional_text(params, name).value_or(std::string(otherwise));
}

inline std::int64_t integer_or(const Json& params, std::string_view name, std::int64_t otherwise) {
  return optional_integer(params, name).value_or(otherwise);
}

inline bool boolean_or(const Json& params, std::string_view name, bool otherwise) {
  return optional_boolean(params, name).value_or(otherwise);
}

}  // namespace tapswitch::rpc
