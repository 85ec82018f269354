// SPDX-License-Identifier: Apache-2.0
// append.hpp: makes large JSON objects in linear time. operator[] of an object that keeps its order
// looks through all members for the key first: a thousand ports would be half a million looks.
#pragma once

#include <string>
#include <utility>

#include "control/rpc/json.hpp"

namespace tapswitch::config {

// Adds a member to 'object', which must not have one of that name.
inline void append(Json& object, std::string key, Json value) {
  object.get_ref<Json::object_t&>().emplace_back(std::move(key), std::move(value));
}

// An object of 'members', which are keys and values by turns. Made in place: of a list in braces
// every pair would first be an array of its own, which takes several times as long.
template <class... Members>
Json object_of(Members&&... members) {
  Json json = Json::object();
  auto& object = json.get_ref<Json::object_t&>();
  object.reserve(sizeof...(members) / 2);
  const auto add = [&object](auto&& self, const char* key, auto&& value, auto&&... rest) -> void {
    object.emplace_back(key, std::forward<decltype(value)>(value));
    if constexpr (sizeof...(rest) > 0) {
      self(self, std::forward<decltype(rest)>(rest)...);
    }
  };
  add(add, std::forward<Members>(members)...);
  return json;
}

}  // namespace tapswitch::config
