// SPDX-License-Identifier: Apache-2.0
// keys.hpp: reads what a terminal sends for the keys that are pressed. Pure.
#pragma once

#include <string_view>
#include <vector>

namespace tapswitch::tapctl {

struct Key {
  enum class Kind {
    character,
    enter,
    escape,
    backspace,
    tab,
    up,
    down,
    left,
    right,
    page_up,
    page_down,
    home,
    end,
    unknown
  };

  Kind kind = Kind::character;
  char character = 0;  // a byte of it: what is typed is UTF-8

  bool operator==(const Key&) const = default;
};

// The keys in 'bytes', of one read. A terminal sends the bytes of one key together: so an escape
// with nothing behind it is the key of that name.
std::vector<Key> keys_in(std::string_view bytes);

}  // namespace tapswitch::tapctl
