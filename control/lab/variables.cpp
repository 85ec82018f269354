// SPDX-License-Identifier: Apache-2.0
#include "control/lab/variables.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

#include "control/rpc/excerpt.hpp"
#include "control/rpc/json_pointer.hpp"

namespace tapswitch::lab {
namespace {

constexpr std::string_view opening = "${";
constexpr std::string_view escaped_opening = "$${";
constexpr std::size_t default_mark_size = 2;

bool is_variable_name(std::string_view name) {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
  return !name.empty() && letters.find(name[0]) != std::string_view::npos &&
         std::ranges::all_of(name, [&](char c) {
           return letters.find(c) != std::string_view::npos || (c >= '0' && c <= '9');
         });
}

// Whether the text at 'pointer' is a command, which the shell of its node expands: those of
// "/nodes/NAME/...".
bool is_for_a_shell(std::string_view pointer) {
  constexpr std::string_view nodes = "/nodes/";
  if (!pointer.starts_with(nodes)) {
    return false;
  }
  const std::size_t end_of_name = pointer.find('/', nodes.size());
  if (end_of_name == std::string_view::npos) {
    return false;
  }
  const std::string_view member = pointer.substr(end_of_name);
  constexpr std::array<std::string_view, 3> of_commands{"/commands/", "/processes/",
                                                        "/ready/command"};
  return std::ranges::any_of(of_commands,
                             [&](std::string_view each) { return member.starts_with(each); });
}

}  // namespace

std::string VariableExpander::expand(const std::string& pointer, const std::string& text) {
  if (text.find(opening) == std::string::npos || is_for_a_shell(pointer)) {
    return text;
  }
  std::string meant;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::string_view rest = std::string_view(text).substr(at);
    if (rest.starts_with(escaped_opening)) {
      meant += opening;
      at += escaped_opening.size();
    } else if (rest.starts_with(opening)) {
      const std::size_t end = std::min(rest.find('}'), rest.size() - 1) + 1;
      const auto value = value_of(pointer, std::string(rest.substr(0, end)));
      if (!value) {
        return text;
      }
      meant += *value;
      at += end;
    } else {
      meant += text[at++];
    }
  }
  return meant;
}

// Returns what stands for 'reference', from "${" to the next '}' or to the end of the text.
std::optional<std::string> VariableExpander::value_of(const std::string& pointer,
                                                      const std::string& reference) {
  const std::string_view inside = std::string_view(reference).substr(opening.size());
  const std::size_t default_at = std::min(inside.find(":-"), inside.find(":="));
  const std::string name(inside.substr(0, std::min(default_at, inside.size() - 1)));
  if (!reference.ends_with('}') || !is_variable_name(name)) {
    mistakes_.push_back({pointer, fmt::format("{} is no variable", rpc::in_quotes(reference)),
                         "${NAME}, ${NAME:-DEFAULT}, or $${ for these characters"});
    return std::nullopt;
  }
  auto value = variables_(name);
  if (default_at != std::string_view::npos && value.value_or("").empty()) {
    const std::size_t begin = default_at + default_mark_size;
    return std::string(inside.substr(begin, inside.size() - 1 - begin));
  }
  if (!value) {
    mistakes_.push_back({pointer, fmt::format("the variable {} is not set", name),
                         fmt::format("set, or with a default: ${{{}:-...}}", name)});
  }
  return value;
}

void VariableExpander::expand_all(Json& json, const std::string& pointer) {
  if (json.is_string()) {
    json = expand(pointer, json.get<std::string>());
  } else if (json.is_array()) {
    for (std::size_t index = 0; index < json.size(); ++index) {
      expand_all(json[index], fmt::format("{}/{}", pointer, index));
    }
  } else if (json.is_object()) {
    for (auto& [key, value] : json.items()) {
      expand_all(value, pointer + rpc::pointer_token(key));
    }
  }
}

}  // namespace tapswitch::lab
