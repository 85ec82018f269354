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

}  // namespace tapswitch::config
