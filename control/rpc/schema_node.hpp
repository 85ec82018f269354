// SPDX-License-Identifier: Apache-2.0
// schema_node.hpp: holds what a Schema is made of. Private to the schema_*.cpp files.
#pragma once

#include "control/rpc/schema.hpp"

namespace tapswitch::rpc {

// One plain record for all types: each uses the members that bear its name.
struct Schema::Node {
  Type type = Type::any;

  // integer: the value; text: the number of bytes; list and map: the maximum is that of items.
  std::int64_t minimum = 0;
  std::int64_t maximum = 0;

  std::string format = {};                                  // text, empty if any text will do
  std::function<bool(std::string_view)> accepts = nullptr;  // text with a format
  std::string allowed = {};                                 // text with a format, any_of

  std::vector<std::string> words = {};  // word; variant: the tags
  std::vector<Field> fields = {};       // object

  std::vector<Schema> key = {};   // map: one (a vector, for Schema has no empty state)
  std::vector<Schema> item = {};  // list, map: one

  std::string tag = {};                        // variant
  std::string default_tag = {};                // variant
  std::vector<Alternative> alternatives = {};  // variant

  std::vector<Schema> choices = {};  // any_of
  std::vector<Schema> shown = {};    // any: one, or none
};

}  // namespace tapswitch::rpc
