// SPDX-License-Identifier: Apache-2.0
// schema_check.cpp: finds out what is wrong with a value and says so to a person.
//
// Limits: at most 64 problems are told, each of bounded length whatever the value holds, so neither
// the answer nor the time to make it can be driven up by the question.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "control/rpc/closest_names.hpp"
#include "control/rpc/excerpt.hpp"
#include "control/rpc/json_pointer.hpp"
#include "control/rpc/schema_node.hpp"

namespace tapswitch::rpc {

namespace {

constexpr std::size_t most_problems = 64;

std::string expected(const std::string& what, const Json& value) {
  return fmt::format("expected {}, got {}", what, kind_of(value));
}

// All names, and the nearest to 'wanted' if there is one: "access, trunk; did you mean trunk?".
std::string listed(const std::vector<std::string>& names, std::string_view wanted) {
  std::string text = names.empty() ? "no fields" : fmt::format("{}", fmt::join(names, ", "));
  const auto closest = closest_names(wanted, names);
  if (!closest.empty()) {
    text += fmt::format("; did you mean {}?", fmt::join(closest, " or "));
  }
  return text;
}

// The place of member 'key' of the object at 'at'. Keys that would read as a path are quoted.
std::string dotted_member(const std::string& at, std::string_view key) {
  const bool is_plain = !key.empty() && key.size() <= longest_excerpt &&
                        std::all_of(key.begin(), key.end(), [](char c) {
                          return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                 (c >= '0' && c <= '9') || c == '_' || c == '-';
                        });
  if (!is_plain) {
    return fmt::format("{}[{}]", at, in_quotes(key));
  }
  return at.empty() ? std::string(key) : fmt::format("{}.{}", at, key);
}

// The same as a JSON pointer, whose length is bounded too.
std::string pointer_member(const std::string& at, std::string_view key) {
  return at + pointer_token(excerpt(key));
}

bool has_field(const std::vector<Field>& fields, std::string_view name) {
  return std::any_of(fields.begin(), fields.end(),
                     [&](const Field& field) { return field.name == name; });
}

}  // namespace

// One walk through a value; collects what it finds.
class Schema::Checker {
 public:
  explicit Checker(Paths paths) : paths_(paths) {}

  void check(const Schema& schema, const Json& value, const std::string& at);

  std::vector<Problem> take_problems() { return std::move(problems_); }

 private:
  void check_integer(const Schema& schema, const Json& value, const std::string& at);
  void check_text(const Schema& schema, const Json& value, const std::string& at);
  void check_word(const Schema& schema, const Json& value, const std::string& at);
  void check_list(const Schema& schema, const Json& value, const std::string& at);
  void check_map(const Schema& schema, const Json& value, const std::string& at);
  void check_variant(const Schema& schema, const Json& value, const std::string& at);
  void check_any_of(const Schema& schema, const Json& value, const std::string& at);

  // 'value' may have these fields and no others. Of a 'variant', they are those of the alternative
  // 'chosen': the tag may be there too, and a field of another alternative is no slip of the pen,
  // but called unknown in these circumstances.
  void check_fields(const std::vector<Field>& fields, const Json& value, const std::string& at,
                    const Schema* variant = nullptr, const std::string& chosen = {});
  void add_unknown(const std::vector<Field>& fields, std::string_view name, const std::string& at,
                   const Schema* variant, const std::string& chosen);

  static bool takes_type_of(const Schema& schema, const Json& value);
  static std::string kind_name(const Schema& schema);

  [[nodiscard]] std::string member_of(const std::string& at, std::string_view key) const {
    return paths_ == Paths::pointers ? pointer_member(at, key) : dotted_member(at, key);
  }
  [[nodiscard]] std::string item_of(const std::string& at, std::size_t index) const {
    return paths_ == Paths::pointers ? fmt::format("{}/{}", at, index)
                                     : fmt::format("{}[{}]", at, index);
  }

  [[nodiscard]] bool is_full() const { return problems_.size() >= most_problems; }

  void add(const std::string& at, std::string problem, std::string allowed) {
    if (!is_full()) {
      problems_.push_back({at, std::move(problem), std::move(allowed)});
    }
  }

  Paths paths_;
  std::vector<Problem> problems_;
};

void Schema::Checker::check(const Schema& schema, const Json& value, const std::string& at) {
  const Type type = schema.type();
  if (type == Type::any_of) {
    check_any_of(schema, value, at);
    return;
  }
  if (!takes_type_of(schema, value)) {
    add(at, expected(kind_name(schema), value), schema.allowed());
    return;
  }
  switch (type) {
    case Type::integer:
      check_integer(schema, value, at);
      break;
    case Type::text:
      check_text(schema, value, at);
      break;
    case Type::word:
      check_word(schema, value, at);
      break;
    case Type::list:
      check_list(schema, value, at);
      break;
    case Type::map:
      check_map(schema, value, at);
      break;
    case Type::variant:
      check_variant(schema, value, at);
      break;
    case Type::object:
      check_fields(schema.node_->fields, value, at);
      break;
    default:
      break;  // of a boolean, null or anything at all, the type says everything
  }
}

void Schema::Checker::check_integer(const Schema& schema, const Json& value,
                                    const std::string& at) {
  const Node& node = *schema.node_;
  // Numbers above 2^63-1 arrive unsigned: as signed ones they would be negative.
  const bool is_within =
      value.is_number_unsigned()
          ? std::cmp_greater_equal(value.get<std::uint64_t>(), node.minimum) &&
                std::cmp_less_equal(value.get<std::uint64_t>(), node.maximum)
          : value.get<std::int64_t>() >= node.minimum && value.get<std::int64_t>() <= node.maximum;
  if (!is_within) {
    add(at, value.dump() + " is out of range", schema.allowed());
  }
}

void Schema::Checker::check_text(const Schema& schema, const Json& value, const std::string& at) {
  const Node& node = *schema.node_;
  const auto& text = value.get_ref<const std::string&>();
  if (node.accepts && !node.accepts(text)) {
    add(at, fmt::format("{} is not a valid {}", in_quotes(text), node.format), schema.allowed());
  } else if (text.find('\0') != std::string::npos) {
    // The kernel and libraries would take what is before it for all.
    add(at, "has a NUL character", schema.allowed());
  } else if (node.accepts) {
    return;
  } else if (std::cmp_less(text.size(), node.minimum)) {
    add(at, text.empty() ? "is empty" : fmt::format("{} bytes are too few", text.size()),
        schema.allowed());
  } else if (std::cmp_greater(text.size(), node.maximum)) {
    add(at, fmt::format("{} bytes are too many", text.size()), schema.allowed());
  }
}

void Schema::Checker::check_word(const Schema& schema, const Json& value, const std::string& at) {
  const auto& words = schema.node_->words;
  const auto& text = value.get_ref<const std::string&>();
  if (std::find(words.begin(), words.end(), text) == words.end()) {
    add(at, in_quotes(text) + " is unknown", listed(words, text));
  }
}

void Schema::Checker::check_list(const Schema& schema, const Json& value, const std::string& at) {
  const Node& node = *schema.node_;
  if (std::cmp_greater(value.size(), node.maximum)) {
    add(at, fmt::format("{} items are too many", value.size()), schema.allowed());
    return;
  }
  for (std::size_t i = 0; i < value.size() && !is_full(); ++i) {
    check(node.item.front(), value[i], item_of(at, i));
  }
}

void Schema::Checker::check_map(const Schema& schema, const Json& value, const std::string& at) {
  const Node& node = *schema.node_;
  if (std::cmp_greater(value.size(), node.maximum)) {
    add(at, fmt::format("{} members are too many", value.size()), schema.allowed());
    return;
  }
  for (const auto& [key, member] : value.items()) {
    if (is_full()) {
      break;
    }
    const std::string path = member_of(at, key);
    check(node.key.front(), key, path);
    check(node.item.front(), member, path);
  }
}

void Schema::Checker::check_variant(const Schema& schema, const Json& value,
                                    const std::string& at) {
  const Node& node = *schema.node_;
  const Schema tags = word(node.words);
  const std::string path = member_of(at, node.tag);
  std::string chosen = node.default_tag;
  if (const auto tag = value.find(node.tag); tag != value.end()) {
    const std::size_t problems_before = problems_.size();
    check(tags, *tag, path);
    if (problems_.size() != problems_before || is_full()) {
      return;  // which fields there should be is unknown
    }
    chosen = tag->get<std::string>();
  } else if (chosen.empty()) {
    add(path, "missing", tags.allowed());
    return;
  }
  const auto alternative =
      std::find_if(node.alternatives.begin(), node.alternatives.end(),
                   [&](const Alternative& each) { return each.tag == chosen; });
  if (alternative == node.alternatives.end()) {
    return;
  }
  check_fields(alternative->fields, value, at, &schema, chosen);
}

void Schema::Checker::check_any_of(const Schema& schema, const Json& value, const std::string& at) {
  std::vector<std::vector<Problem>> faults;
  for (const Schema& choice : schema.node_->choices) {
    auto problems = choice.check(value, at, paths_);
    if (problems.empty()) {
      return;
    }
    if (takes_type_of(choice, value)) {
      faults.push_back(std::move(problems));
    }
  }
  if (faults.empty()) {
    add(at, expected(kind_name(schema), value), schema.allowed());
  } else if (faults.size() == 1) {
    // Only one choice can have been meant, so its complaints are the useful ones.
    for (Problem& problem : faults.front()) {
      const bool is_of_the_whole = problem.field == at;
      add(problem.field, std::move(problem.problem),
          is_of_the_whole ? schema.allowed() : std::move(problem.allowed));
    }
  } else {
    add(at,
        value.is_string() ? in_quotes(value.get_ref<const std::string&>()) + " is not allowed"
                          : kind_of(value) + " of this shape is not allowed",
        schema.allowed());
  }
}

void Schema::Checker::check_fields(const std::vector<Field>& fields, const Json& value,
                                   const std::string& at, const Schema* variant,
                                   const std::string& chosen) {
  for (const Field& field : fields) {
    if (const auto member = value.find(field.name); member != value.end()) {
      check(field.schema, *member, member_of(at, field.name));
    } else if (field.is_required) {
      add(member_of(at, field.name), "missing", field.schema.allowed());
    }
  }
  for (const auto& [name, member] : value.items()) {
    if (is_full()) {
      break;
    }
    const bool is_tag = variant != nullptr && name == variant->node_->tag;
    if (!is_tag && !has_field(fields, name)) {
      add_unknown(fields, name, at, variant, chosen);
    }
  }
}

void Schema::Checker::add_unknown(const std::vector<Field>& fields, std::string_view name,
                                  const std::string& at, const Schema* variant,
                                  const std::string& chosen) {
  std::vector<std::string> names;
  std::string circumstances;
  if (variant != nullptr) {
    names.push_back(variant->node_->tag);
    if (has_field(variant->fields(), name)) {
      circumstances = fmt::format(" where {} is {}", variant->node_->tag, chosen);
    }
  }
  for (const Field& field : fields) {
    names.push_back(field.name);
  }
  add(member_of(at, name), "unknown field" + circumstances, listed(names, name));
}

bool Schema::Checker::takes_type_of(const Schema& schema, const Json& value) {
  switch (schema.type()) {
    case Type::boolean:
      return value.is_boolean();
    case Type::integer:
      return value.is_number_integer();  // 1.0 is none, nor is true
    case Type::text:
    case Type::word:
      return value.is_string();
    case Type::list:
      return value.is_array();
    case Type::object:
    case Type::map:
    case Type::variant:
      return value.is_object();
    case Type::any_of: {
      const auto& choices = schema.node_->choices;
      return std::any_of(choices.begin(), choices.end(),
                         [&](const Schema& choice) { return takes_type_of(choice, value); });
    }
    case Type::null:
      return value.is_null();
    case Type::any:
      return true;
  }
  return false;
}

std::string Schema::Checker::kind_name(const Schema& schema) {
  switch (schema.type()) {
    case Type::boolean:
      return "a boolean";
    case Type::integer:
      return "an integer";
    case Type::text:
    case Type::word:
      return "a string";
    case Type::list:
      return "a list";
    case Type::object:
    case Type::map:
    case Type::variant:
      return "an object";
    case Type::null:
      return "null";
    case Type::any:
      return "a value";
    case Type::any_of:
      break;
  }
  std::vector<std::string> names;
  for (const Schema& choice : schema.node_->choices) {
    std::string name = kind_name(choice);
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      names.push_back(std::move(name));
    }
  }
  return fmt::format("{}", fmt::join(names, " or "));
}

std::vector<Problem> Schema::check(const Json& value, const std::string& at, Paths paths) const {
  Checker checker(paths);
  checker.check(*this, value, at);
  return checker.take_problems();
}

}  // namespace tapswitch::rpc
