// SPDX-License-Identifier: Apache-2.0
#include "control/rpc/schema.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>

#include "control/rpc/schema_node.hpp"

namespace tapswitch::rpc {

namespace {

// Lengths and counts are kept as the signed numbers that JSON Schema and messages show.
std::int64_t to_signed(std::size_t number) {
  constexpr auto largest = std::numeric_limits<std::int64_t>::max();
  return number > static_cast<std::size_t>(largest) ? largest : static_cast<std::int64_t>(number);
}

std::vector<std::string> names_of(const std::vector<Field>& fields) {
  std::vector<std::string> names;
  for (const Field& field : fields) {
    names.push_back(field.name);
  }
  return names;
}

// Returns what all say of the field; where they do not say the same, or do not all have it, with
// whom says so: "(a, b) one thing; (c) another".
std::string description_in(const std::vector<Schema::Alternative>& alternatives,
                           std::string_view name) {
  struct Saying {
    std::string text;
    std::vector<std::string> tags;
  };
  std::vector<Saying> sayings;
  for (const Schema::Alternative& alternative : alternatives) {
    for (const Field& field : alternative.fields) {
      if (field.name != name) {
        continue;
      }
      const auto found = std::find_if(sayings.begin(), sayings.end(), [&](const Saying& each) {
        return each.text == field.description;
      });
      Saying& saying = found != sayings.end()
                           ? *found
                           : sayings.emplace_back(Saying{.text = field.description, .tags = {}});
      saying.tags.push_back(alternative.tag);
    }
  }
  if (sayings.front().text.empty() || sayings.front().tags.size() == alternatives.size()) {
    return sayings.front().text;
  }
  std::vector<std::string> parts;
  for (const Saying& saying : sayings) {
    parts.push_back(fmt::format("({}) {}", fmt::join(saying.tags, ", "), saying.text));
  }
  return fmt::format("{}", fmt::join(parts, "; "));
}

}  // namespace

Schema::Schema(std::shared_ptr<const Node> node) : node_(std::move(node)) {}

Schema Schema::make(Node node) { return Schema(std::make_shared<const Node>(std::move(node))); }

Schema Schema::boolean() { return make({.type = Type::boolean}); }

Schema Schema::integer(std::int64_t minimum, std::int64_t maximum) {
  return make({.type = Type::integer, .minimum = minimum, .maximum = maximum});
}

Schema Schema::text(std::size_t minimum_length, std::size_t maximum_length) {
  return make({.type = Type::text,
               .minimum = to_signed(minimum_length),
               .maximum = to_signed(maximum_length)});
}

Schema Schema::text(std::string format, std::string allowed,
                    std::function<bool(std::string_view)> accepts) {
  return make({.type = Type::text,
               .format = std::move(format),
               .accepts = std::move(accepts),
               .allowed = std::move(allowed)});
}

Schema Schema::word(std::vector<std::string> words) {
  return make({.type = Type::word, .words = std::move(words)});
}

Schema Schema::list(Schema item, std::size_t maximum_count) {
  return make({.type = Type::list, .maximum = to_signed(maximum_count), .item = {std::move(item)}});
}

Schema Schema::object(std::vector<Field> fields) {
  return make({.type = Type::object, .fields = std::move(fields)});
}

Schema Schema::map(Schema key, Schema value, std::size_t maximum_count) {
  return make({.type = Type::map,
               .maximum = to_signed(maximum_count),
               .key = {std::move(key)},
               .item = {std::move(value)}});
}

Schema Schema::variant(std::string tag, std::vector<Alternative> alternatives,
                       std::string default_tag) {
  std::vector<std::string> tags;
  for (const Alternative& alternative : alternatives) {
    tags.push_back(alternative.tag);
  }
  return make({.type = Type::variant,
               .words = std::move(tags),
               .tag = std::move(tag),
               .default_tag = std::move(default_tag),
               .alternatives = std::move(alternatives)});
}

Schema Schema::any_of(std::vector<Schema> choices, std::string allowed) {
  return make({.type = Type::any_of, .allowed = std::move(allowed), .choices = std::move(choices)});
}

Schema Schema::null() { return make({.type = Type::null}); }

Schema Schema::any() { return make({.type = Type::any}); }

Schema Schema::unchecked(Schema shown) {
  return make({.type = Type::any, .shown = {std::move(shown)}});
}

Schema::Type Schema::type() const { return node_->type; }

bool Schema::is_as(const Schema& other) const {
  return type() == other.type() && node_->format == other.node_->format;
}

// Returns any of the shapes that it has in the alternatives.
Schema Schema::schema_of_all(const std::string& name) const {
  std::vector<Schema> shapes;
  for (const Alternative& alternative : node_->alternatives) {
    for (const Field& field : alternative.fields) {
      if (field.name == name &&
          std::none_of(shapes.begin(), shapes.end(),
                       [&](const Schema& shape) { return shape.is_as(field.schema); })) {
        shapes.push_back(field.schema);
      }
    }
  }
  if (shapes.size() == 1) {
    return shapes.front();
  }
  std::string allowed;
  for (const Schema& shape : shapes) {
    allowed += (allowed.empty() ? "" : "; or ") + shape.allowed();
  }
  return any_of(std::move(shapes), std::move(allowed));
}

std::vector<Field> Schema::fields() const {
  if (type() != Type::variant) {
    return node_->fields;
  }
  const bool has_default = !node_->default_tag.empty();
  std::vector<Field> all{{node_->tag, word(node_->words), "which of the other fields there are",
                          !has_default, has_default ? Json(node_->default_tag) : Json()}};
  for (const Alternative& alternative : node_->alternatives) {
    for (const Field& field : alternative.fields) {
      const auto is_same = [&](const Field& other) { return other.name == field.name; };
      if (std::none_of(all.begin(), all.end(), is_same)) {
        all.push_back(field);
        all.back().description = description_in(node_->alternatives, field.name);
        all.back().schema = schema_of_all(field.name);
        // Nor is a default that of the whole if it depends on the tag.
        for (const Alternative& each : node_->alternatives) {
          for (const Field& other : each.fields) {
            if (is_same(other) && other.default_value != field.default_value) {
              all.back().default_value = nullptr;
            }
          }
        }
        // Required of the whole is only what is required whatever the tag.
        all.back().is_required = std::all_of(
            node_->alternatives.begin(), node_->alternatives.end(), [&](const Alternative& each) {
              return std::any_of(each.fields.begin(), each.fields.end(), [&](const Field& other) {
                return is_same(other) && other.is_required;
              });
            });
      }
    }
  }
  return all;
}

std::vector<std::string> Schema::words() const { return node_->words; }

std::optional<Schema> Schema::item() const {
  return node_->item.empty() ? std::nullopt : std::optional(node_->item.front());
}

std::vector<Schema> Schema::choices() const { return node_->choices; }

std::string Schema::allowed() const {
  const Node& node = *node_;
  switch (node.type) {
    case Type::boolean:
      return "true or false";
    case Type::integer:
      return fmt::format("{}..{}", node.minimum, node.maximum);
    case Type::text:
      return node.accepts ? node.allowed
                          : fmt::format("a string of {} to {} bytes", node.minimum, node.maximum);
    case Type::word:
      return fmt::format("{}", fmt::join(node.words, ", "));
    case Type::list:
      return fmt::format("a list of at most {} ({})", node.maximum, node.item.front().allowed());
    case Type::object:
      return node.fields.empty()
                 ? "an object without fields"
                 : fmt::format("an object of {}", fmt::join(names_of(node.fields), ", "));
    case Type::map:
      return fmt::format("an object of at most {}, its keys: {}", node.maximum,
                         node.key.front().allowed());
    case Type::variant:
      return fmt::format("an object whose {} is one of {}", node.tag, fmt::join(node.words, ", "));
    case Type::any_of:
      return node.allowed;
    case Type::null:
      return "null";
    case Type::any:
      return "any value";
  }
  return {};
}

}  // namespace tapswitch::rpc
