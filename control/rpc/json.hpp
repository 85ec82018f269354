// SPDX-License-Identifier: Apache-2.0
// json.hpp: the short name under which control/ knows JSON values. Keys keep the order in which
// they were written, so that documents and replies read as their author meant them.
#pragma once

#include <nlohmann/json.hpp>

#include <memory>

namespace tapswitch {

using Json = nlohmann::ordered_json;

}  // namespace tapswitch

// Destroys what a value holds, without taking memory (decision 92). The library's own version moves
// all that is nested into a vector first, and ends the process where there is no memory for it, for
// a destructor must not throw. Each level takes a frame of the stack here instead, so whatever
// parses a text that others wrote bounds its nesting.
template <>
inline void tapswitch::Json::json_value::destroy(nlohmann::detail::value_t type) {
  const auto end = [](auto* held) {
    std::destroy_at(held);
    std::allocator<std::remove_pointer_t<decltype(held)>>().deallocate(held, 1);
  };
  using nlohmann::detail::value_t;
  if (type == value_t::object) {
    end(object);
  } else if (type == value_t::array) {
    end(array);
  } else if (type == value_t::string) {
    end(string);
  } else if (type == value_t::binary) {
    end(binary);
  }
}
