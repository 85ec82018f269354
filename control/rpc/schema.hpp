// SPDX-License-Identifier: Apache-2.0
// schema.hpp: the declared shape of a JSON value. From one declaration come the check of what
// arrives, the JSON Schema in rpc.discover, and the options and help of tapctl.
//
// A schema is an immutable value; copies share their contents.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/rpc/error.hpp"
#include "control/rpc/json.hpp"

namespace tapswitch::rpc {

struct Field;

class Schema {
 public:
  enum class Type : std::uint8_t {
    boolean,
    integer,
    text,
    word,
    list,
    object,
    map,
    variant,
    any_of,
    null,
    any
  };

  // One shape of a variant: that which 'tag' selects.
  struct Alternative;

  static Schema boolean();
  static Schema integer(std::int64_t minimum, std::int64_t maximum);

  // A string of 'minimum_length' to 'maximum_length' bytes.
  static Schema text(std::size_t minimum_length, std::size_t maximum_length);

  // A string that 'accepts' likes: a MAC address, say. 'format' names the shape in the JSON Schema
  // ("mac"), 'allowed' tells a person what is right ("six pairs of hex digits, as 02:00:...").
  static Schema text(std::string format, std::string allowed,
                     std::function<bool(std::string_view)> accepts);

  // One of a few fixed strings.
  static Schema word(std::vector<std::string> words);

  static Schema list(Schema item, std::size_t maximum_count);

  // An object with just these fields.
  static Schema object(std::vector<Field> fields);

  // An object whose keys the user chooses; each key must be good as 'key' (a text schema).
  static Schema map(Schema key, Schema value, std::size_t maximum_count);

  // An object of which the field 'tag' says which other fields it has; without the tag it is as if
  // 'default_tag' stood there, or, if that is empty, an error.
  static Schema variant(std::string tag, std::vector<Alternative> alternatives,
                        std::string default_tag = {});

  // A value that fits one of several schemas. What is wrong is told in the words of the one choice
  // that takes values of that JSON type; if none does, or several do, in those of the whole.
  static Schema any_of(std::vector<Schema> choices, std::string allowed);

  static Schema null();  // just null
  static Schema any();   // anything at all

  // Anything at all, for its handler checks it and has more to say about it; to be 'shown' in
  // discovery and documentation.
  static Schema unchecked(Schema shown);

  [[nodiscard]] Type type() const;

  // How problems name their place: "vlan.pvid", or as JSON pointers do [RFC 6901]: "/vlan/pvid".
  enum class Paths : std::uint8_t { dotted, pointers };

  // Returns what is wrong with 'value', up to 64 problems; empty if nothing is. 'at' is where it
  // stands. Numbers with a fraction or an exponent are no integers (not even 1.0), nor are
  // booleans.
  [[nodiscard]] std::vector<Problem> check(const Json& value, const std::string& at = {},
                                           Paths paths = Paths::dotted) const;

  // The same as a JSON Schema (draft 2020-12).
  [[nodiscard]] Json to_json_schema() const;

  // object: its fields; variant: those of all alternatives, the tag first, each name once, and
  // described with the tags to which the description belongs unless that is all of them. What is of
  // other types in other alternatives is any of these.
  [[nodiscard]] std::vector<Field> fields() const;
  // word: the words. variant: the tags. Else empty.
  [[nodiscard]] std::vector<std::string> words() const;
  // list: the schema of an item; map: of a value. Else null.
  [[nodiscard]] std::optional<Schema> item() const;
  // any_of: the choices. Else empty.
  [[nodiscard]] std::vector<Schema> choices() const;
  // Returns what is allowed, for people: "1..4094", "access, trunk, dot1q-tunnel".
  [[nodiscard]] std::string allowed() const;

 private:
  struct Node;
  class Checker;

  explicit Schema(std::shared_ptr<const Node> node);
  // Whether its values are of the same type, and texts of the same shape.
  [[nodiscard]] bool is_as(const Schema& other) const;
  [[nodiscard]] Schema schema_of_all(const std::string& name) const;
  static Schema make(Node node);

  std::shared_ptr<const Node> node_;
};

// A member of an object.
struct Field {
  std::string name;
  Schema schema;
  std::string description = {};  // one line for people, without a full stop
  bool is_required = false;
  Json default_value = nullptr;  // told to people and programs; null: none
};

struct Schema::Alternative {
  std::string tag;
  std::vector<Field> fields;
};

}  // namespace tapswitch::rpc
