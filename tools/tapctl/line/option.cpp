// SPDX-License-Identifier: Apache-2.0
#include "tools/tapctl/line/option.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "tools/tapctl/line/shortcuts.hpp"

namespace tapswitch::tapctl {

using rpc::Field;
using rpc::Schema;
using Type = rpc::Schema::Type;

namespace {

// The members of these are known by their own names: a switch has but one thing that ages, a port
// but one native VLAN and one delay. A port's --multicast would say nothing without its --flood.
bool has_plain_members(std::string_view name) {
  return name == "vlan" || name == "fdb" || name == "frame" || name == "conditions";
}

// The members of an object, or of that choice which is one.
std::vector<Field> members_of(const Schema& schema) {
  if (schema.type() == Type::object || schema.type() == Type::variant) {
    return schema.fields();
  }
  for (const Schema& choice : schema.choices()) {
    if (choice.type() == Type::object) {
      return choice.fields();
    }
  }
  return {};
}

// Returns what the members of a parameter have in front of their names.
std::string prefix_of(const std::string& field) {
  if (field == "storm_control") {
    return "storm-";
  }
  return has_plain_members(field) ? "" : field + "-";
}

Option make_option(std::string name, std::vector<std::string> path, const Field& field) {
  return {.name = std::move(name),
          .path = std::move(path),
          .schema = field.schema,
          .description = field.description,
          .default_value = field.default_value,
          .is_required = field.is_required};
}

// As tcpdump has them.
char letter_of(std::string_view method, std::string_view option) {
  constexpr std::array<std::pair<std::string_view, char>, 6> letters = {{{"write", 'w'},
                                                                         {"count", 'c'},
                                                                         {"snaplen", 's'},
                                                                         {"direction", 'Q'},
                                                                         {"file-size", 'C'},
                                                                         {"files", 'W'}}};
  const auto* const found =
      std::ranges::find(letters, option, &decltype(letters)::value_type::first);
  return method == "capture" && found != letters.end() ? found->second : '\0';
}

void add_parameter(std::vector<Option>& options, const Field& field) {
  const std::vector<Field> members = members_of(field.schema);
  options.push_back(make_option(option_name("", field.name), {field.name}, field));
  const std::string prefix = prefix_of(field.name);
  for (const Field& member : members) {
    options.push_back(
        make_option(option_name(prefix, member.name), {field.name, member.name}, member));
    // Without the object, nothing in it is required either.
    options.back().is_required = false;
    // Conditions have some that are objects, and so has storm control: --in-delay.
    for (const Field& inner : members_of(member.schema)) {
      options.push_back(make_option(option_name(prefix + member.name + '-', inner.name),
                                    {field.name, member.name, inner.name}, inner));
      options.back().is_required = false;
    }
  }
}

}  // namespace

std::string option_name(std::string_view prefix, std::string_view name) {
  std::string option = std::string(prefix) + std::string(name);
  std::replace(option.begin(), option.end(), '_', '-');
  return option;
}

std::string Option::field() const { return fmt::format("{}", fmt::join(path, ".")); }

std::string Option::positional_name() const {
  std::string upper = name;
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return upper;
}

std::vector<Option> options_of(const rpc::Method& method) {
  std::vector<Option> parameters;
  for (const Field& field : method.params.fields()) {
    add_parameter(parameters, field);
  }
  for (Option& parameter : parameters) {
    parameter.letter = letter_of(method.name, parameter.name);
  }
  std::vector<Option> options = shortcuts_of(method);
  for (Option& parameter : parameters) {
    // A rate of storm control has the name of its class alone.
    const bool is_taken = std::any_of(options.begin(), options.end(), [&](const Option& other) {
      return other.name == parameter.name ||
             (other.kind == Option::Kind::storm_limit && other.path == parameter.path);
    });
    if (!is_taken) {
      options.push_back(std::move(parameter));
    }
  }
  return options;
}

std::vector<Option> positionals_of(const rpc::Method& method) {
  std::vector<Option> positionals;
  for (const Option& option : options_of(method)) {
    const bool is_first = option.is_required && positionals.empty();
    // `trace alice 02:...`: where from, where to.
    const bool is_destination = option.field() == "frame.dst";
    // `stats get alice`: of whom.
    const bool is_subject = option.field() == "port" && method.name.starts_with("stats.");
    // `watch port fdb`: of what.
    const bool is_matter = option.field() == "topics";
    // `capture alice bob`: whose frames.
    const bool is_captured = option.field() == "ports" && method.name == "capture";
    // `stp sw0`: of which switch.
    const bool is_home = option.field() == "switch" && method.name == "stp.get";
    if (is_first || is_destination || is_subject || is_matter || is_captured || is_home) {
      positionals.push_back(option);
    }
  }
  return positionals;
}

}  // namespace tapswitch::tapctl
