// SPDX-License-Identifier: Apache-2.0
#include "tools/terminal/keys.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace tapswitch::tapctl {

namespace {

using Pressed = Key::Kind;

struct Sequence {
  std::string_view bytes;  // behind the escape and its '[' or 'O'
  Pressed kind;
};

// As xterm and the Linux console send them [ECMA-48 8.3].
constexpr std::array<Sequence, 12> sequences = {{{"A", Pressed::up},
                                                 {"B", Pressed::down},
                                                 {"C", Pressed::right},
                                                 {"D", Pressed::left},
                                                 {"H", Pressed::home},
                                                 {"F", Pressed::end},
                                                 {"1~", Pressed::home},
                                                 {"7~", Pressed::home},
                                                 {"4~", Pressed::end},
                                                 {"8~", Pressed::end},
                                                 {"5~", Pressed::page_up},
                                                 {"6~", Pressed::page_down}}};

// How many bytes of 'bytes', which begin behind "\x1b[" or "\x1bO", belong to the sequence: all up
// to a letter or '~'.
std::size_t length_of_sequence(std::string_view bytes) {
  const auto* const last =
      std::find_if(bytes.begin(), bytes.end(), [](char c) { return c >= '@' && c <= '~'; });
  return last == bytes.end() ? bytes.size() : static_cast<std::size_t>(last - bytes.begin()) + 1;
}

Pressed kind_of(std::string_view sequence) {
  const auto* const found =
      std::find_if(sequences.begin(), sequences.end(),
                   [&](const Sequence& each) { return each.bytes == sequence; });
  return found == sequences.end() ? Pressed::unknown : found->kind;
}

Key key_of(char byte) {
  switch (byte) {
    case '\r':
    case '\n':
      return {Pressed::enter};
    case '\t':
      return {Pressed::tab};
    case '\b':
    case '\x7f':
      return {Pressed::backspace};
    case '\x1b':
      return {Pressed::escape};
    default:
      return static_cast<unsigned char>(byte) < ' ' ? Key{Pressed::unknown}
                                                    : Key{Pressed::character, byte};
  }
}

}  // namespace

std::vector<Key> keys_in(std::string_view bytes) {
  std::vector<Key> keys;
  while (!bytes.empty()) {
    if (bytes.starts_with("\x1b[") || bytes.starts_with("\x1bO")) {
      bytes.remove_prefix(2);
      const std::size_t length = length_of_sequence(bytes);
      keys.push_back({kind_of(bytes.substr(0, length))});
      bytes.remove_prefix(length);
    } else {
      keys.push_back(key_of(bytes.front()));
      bytes.remove_prefix(1);
    }
  }
  return keys;
}

}  // namespace tapswitch::tapctl
