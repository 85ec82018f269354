// SPDX-License-Identifier: Apache-2.0
#include "control/rpc/excerpt.hpp"

#include "control/rpc/jsonrpc.hpp"

namespace tapswitch::rpc {

namespace {

bool continues_a_character(char byte) { return (static_cast<unsigned char>(byte) & 0xc0) == 0x80; }

}  // namespace

std::string excerpt(std::string_view text, std::size_t longest) {
  if (text.size() <= longest) {
    return std::string(text);
  }
  std::size_t end = longest;
  // Text that is no UTF-8 at all is cut anywhere rather than to nothing.
  for (int step = 0; step < 3 && end > 0 && continues_a_character(text[end]); ++step) {
    --end;
  }
  return std::string(text.substr(0, end)) + "...";
}

std::string in_quotes(std::string_view text) { return to_line(excerpt(text)); }

std::string kind_of(const Json& value) {
  switch (value.type()) {
    case Json::value_t::null:
      return "null";
    case Json::value_t::boolean:
      return "a boolean";
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned:
      return "an integer";
    case Json::value_t::number_float:
      return "the number " + value.dump();
    case Json::value_t::string:
      return "a string";
    case Json::value_t::array:
      return "a list";
    case Json::value_t::object:
      return "an object";
    default:
      return "no JSON value";
  }
}

}  // namespace tapswitch::rpc
