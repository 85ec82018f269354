// SPDX-License-Identifier: Apache-2.0
#include "tools/tapctl/line/value.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <optional>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "control/config/schema.hpp"
#include "control/rpc/limits.hpp"
#include "control/rpc/strict_json.hpp"

namespace tapswitch::tapctl {

using rpc::Schema;
using Type = rpc::Schema::Type;

namespace {

constexpr std::array<std::string_view, 3> yes = {"yes", "on", "true"};
constexpr std::array<std::string_view, 3> no = {"no", "off", "false"};

bool is_one_of(const std::array<std::string_view, 3>& words, std::string_view text) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  const bool is_hex = text.starts_with("0x") || text.starts_with("0X");
  if (is_hex) {
    text.remove_prefix(2);
  }
  std::int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number, is_hex ? 16 : 10);
  const bool is_whole = error == std::errc() && rest == end && !(is_hex && number < 0);
  return is_whole ? std::optional(number) : std::nullopt;
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t comma = text.find(',');
    parts.emplace_back(text.substr(0, comma));
    if (comma == std::string_view::npos) {
      return parts;
    }
    text.remove_prefix(comma + 1);
  }
}

Json parse_list(const Schema& schema, const std::vector<std::string>& texts) {
  Json list = Json::array();
  if (texts == std::vector<std::string>{"none"} || texts == std::vector<std::string>{""}) {
    return list;
  }
  for (const std::string& text : texts) {
    for (const std::string& part : split(text)) {
      list.push_back(parse_value(*schema.item(), {part}));
    }
  }
  return list;
}

// A text takes anything, so what is more particular has the first word: of "a name or a pid", 17
// is a pid.
int rank(const Schema& schema) {
  switch (schema.type()) {
    case Type::null:
    case Type::boolean:
    case Type::integer:
    case Type::word:
      return 0;
    default:
      return 1;
  }
}

Json parse_any_of(const Schema& schema, const std::vector<std::string>& texts) {
  std::vector<Schema> choices = schema.choices();
  std::stable_sort(choices.begin(), choices.end(), [](const Schema& left, const Schema& right) {
    return rank(left) < rank(right);
  });
  for (const Schema& choice : choices) {
    // "zz" is not bad JSON, but bad hex: only what begins as an object is meant as one.
    if (choice.type() == Type::object && !texts.back().starts_with('{')) {
      continue;
    }
    if (texts.size() > 1 && choice.type() != Type::list && choice.type() != Type::any_of) {
      continue;
    }
    Json value = parse_value(choice, texts);
    if (choice.check(value).empty()) {
      return value;
    }
  }
  if (texts.size() > 1) {
    return texts;
  }
  // None fits; the number that was meant makes the better complaint: "5000 is out of range".
  const std::optional<std::int64_t> number = parse_integer(texts.back());
  return number ? Json(*number) : Json(texts.back());
}

// A text that has a shape is called by it: "MAC", "VLAN_SET".
std::string text_placeholder(const Schema& schema) {
  std::string name = schema.to_json_schema().value("format", "text");
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) {
    return c == '-' ? '_' : static_cast<char>(std::toupper(c));
  });
  return name;
}

std::string choices_placeholder(const Schema& schema) {
  std::vector<std::string> names;
  for (const Schema& choice : schema.choices()) {
    std::string name = placeholder(choice);
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      names.push_back(std::move(name));
    }
  }
  return fmt::format("{}", fmt::join(names, "|"));
}

}  // namespace

bool is_boolean(const std::string& text) { return is_one_of(yes, text) || is_one_of(no, text); }

Json parse_value(const Schema& schema, const std::vector<std::string>& texts) {
  const std::string& text = texts.back();
  switch (schema.type()) {
    case Type::boolean:
      return is_boolean(text) ? Json(is_one_of(yes, text)) : Json(text);
    case Type::integer: {
      const std::optional<std::int64_t> number = parse_integer(text);
      return number ? Json(*number) : Json(text);
    }
    case Type::text:
    case Type::word:
      return text;
    case Type::list:
      return parse_list(schema, texts);
    case Type::any_of:
      return parse_any_of(schema, texts);
    case Type::null:
      return text == "none" || text == "null" ? Json(nullptr) : Json(text);
    case Type::object:
    case Type::map:
    case Type::variant:
    case Type::any:
      break;
  }
  return rpc::parse_json(text, rpc::Limits().nesting);
}

std::string placeholder(const Schema& schema) {
  switch (schema.type()) {
    case Type::boolean:
      return "yes|no";
    case Type::integer:
      return schema.allowed() == config::vlan_id_schema().allowed() ? "VLAN_ID" : "N";
    case Type::text:
      return text_placeholder(schema);
    case Type::word:
      return fmt::format("{}", fmt::join(schema.words(), "|"));
    case Type::list:
      return placeholder(*schema.item()) + ",...";
    case Type::any_of:
      return choices_placeholder(schema);
    case Type::null:
      return "none";
    case Type::object:
    case Type::map:
    case Type::variant:
    case Type::any:
      break;
  }
  return "JSON";
}

}  // namespace tapswitch::tapctl
