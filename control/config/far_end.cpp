// SPDX-License-Identifier: Apache-2.0
#include "control/config/far_end.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "control/rpc/error.hpp"

namespace tapswitch::config {

using rpc::Field;
using rpc::Schema;

namespace {

// Calls 'visit' with a fresh value of each kind, in their order.
template <std::size_t kind = 0, typename Visitor>
void for_each_kind(const Visitor& visit) {
  if constexpr (kind < std::variant_size_v<FarEnd>) {
    static_assert(FarEndKind<std::variant_alternative_t<kind, FarEnd>>);
    visit(std::variant_alternative_t<kind, FarEnd>());
    for_each_kind<kind + 1>(visit);
  }
}

template <typename Kind>
std::vector<Field> changeable_fields() {
  if constexpr (ChangeableFarEnd<Kind>) {
    std::vector<Field> fields = Kind::fields();
    std::erase_if(fields, [](const Field& field) { return Kind::is_fixed(field.name); });
    return fields;
  } else {
    return {};
  }
}

// Changes of this member are for the network, which opens ports; no open far end is told.
constexpr std::string_view member_of_network = "reopen";

bool has(const std::vector<Field>& fields, std::string_view name) {
  return std::ranges::any_of(fields, [&](const Field& field) { return field.name == name; });
}

}  // namespace

std::string_view type_of(const FarEnd& end) {
  return std::visit([](const auto& kind) { return kind.type; }, end);
}

std::vector<std::string> far_end_types() {
  std::vector<std::string> types;
  for_each_kind([&](const auto& kind) { types.emplace_back(kind.type); });
  return types;
}

Schema far_end_variant(const std::vector<Field>& before, const std::vector<Field>& after) {
  std::vector<Schema::Alternative> alternatives;
  for_each_kind([&](const auto& kind) {
    std::vector<Field> fields = before;
    for (const std::vector<Field>& group : {kind.fields(), after}) {
      fields.insert(fields.end(), group.begin(), group.end());
    }
    alternatives.push_back({std::string(kind.type), std::move(fields)});
  });
  std::string default_type = alternatives.front().tag;
  return Schema::variant("type", std::move(alternatives), std::move(default_type));
}

std::vector<Field> changeable_far_end_fields() {
  std::vector<Field> all;
  for_each_kind([&]<typename Kind>(const Kind&) {
    for (Field& field : changeable_fields<Kind>()) {
      if (!has(all, field.name)) {
        all.push_back(std::move(field));
      }
    }
  });
  return all;
}

void take_type(FarEnd& end, const Json& json) {
  const auto found = json.find("type");
  const std::string type =
      found != json.end() ? found->get<std::string>() : std::string(type_of(FarEnd()));
  for_each_kind([&](const auto& kind) {
    if (kind.type == type && type_of(end) != type) {
      end = kind;
    }
  });
}

void check_members(const FarEnd& end, const Json& json) {
  std::visit(
      [&]<typename Kind>(const Kind&) {
        const std::vector<Field> own = changeable_fields<Kind>();
        for (const Field& field : changeable_far_end_fields()) {
          if (json.contains(field.name) && !has(own, field.name)) {
            std::vector<std::string> names;
            std::ranges::transform(own, std::back_inserter(names), &Field::name);
            throw rpc::invalid_params(
                {{field.name,
                  fmt::format("a port of type '{}' has none that can be changed", Kind::type),
                  names.empty() ? "nothing of its far end: remove it and add it anew"
                                : fmt::format("of its far end: {}", fmt::join(names, ", "))}});
          }
        }
      },
      end);
}

void read(FarEnd& end, const Json& json, const std::string& port_name) {
  std::visit([&](auto& kind) { kind.read(json, port_name); }, end);
}

void write(Json& json, const FarEnd& end, const std::string& port_name, Format format) {
  json["type"] = type_of(end);
  std::visit([&](const auto& kind) { kind.write(json, port_name, format); }, end);
}

void complete(Json& json, const FarEnd& end, const std::string& port_name) {
  if (!json.contains("type")) {
    json["type"] = type_of(end);
  }
  if (json["type"] != type_of(end)) {
    return;
  }
  Json all = Json::object();
  write(all, end, port_name, Format::minimal);
  std::visit(
      [&]<typename Kind>(const Kind&) {
        for (const Field& field : Kind::fields()) {
          if (field.is_required && !json.contains(field.name)) {
            json[field.name] = all.at(field.name);
          }
        }
      },
      end);
}

std::optional<Claim> claim_of(const FarEnd& end) {
  return std::visit([](const auto& kind) { return kind.claim(); }, end);
}

bool rename_interface(FarEnd& end, const std::string& name) {
  return std::visit(
      [&](auto& kind) {
        if constexpr (requires { kind.interface; }) {
          return std::exchange(kind.interface, name) != name;
        }
        return false;
      },
      end);
}

void rename_name_space(FarEnd& end, const std::string& name) {
  std::visit(
      [&](auto& kind) {
        if constexpr (requires { kind.name_space; }) {
          kind.name_space = name;
        }
      },
      end);
}

bool is_made(const FarEnd& end) {
  return std::visit(
      [](const auto& kind) {
        return requires { kind.is_made; };
      },
      end);
}

bool is_to_reopen(const FarEnd& end) {
  return std::visit(
      [](const auto& kind) {
        if constexpr (requires { kind.reopen; }) {
          return kind.reopen;
        }
        return false;
      },
      end);
}

bool is_passed(const FarEnd& end) {
  return std::visit(
      [](const auto& kind) {
        if constexpr (requires { kind.is_passed; }) {
          return kind.is_passed;
        }
        return false;
      },
      end);
}

std::optional<std::string> name_space_of(const FarEnd& end) {
  return std::visit(
      [](const auto& kind) -> std::optional<std::string> {
        if constexpr (requires { kind.name_space; }) {
          return kind.name_space;
        }
        return std::nullopt;
      },
      end);
}

bool has_split_horizon(const FarEnd& end) {
  return std::visit(
      [](const auto& kind) {
        if constexpr (requires { kind.split_horizon; }) {
          return kind.split_horizon;
        }
        return false;
      },
      end);
}

std::optional<std::uint32_t> speed_of(const FarEnd& end) {
  return std::visit(
      [](const auto& kind) -> std::optional<std::uint32_t> {
        if constexpr (requires { kind.speed; }) {
          return kind.speed;
        }
        return std::nullopt;
      },
      end);
}

std::optional<std::string> leads_to(const FarEnd& end) {
  return std::visit(
      [](const auto& kind) -> std::optional<std::string> {
        if constexpr (requires { kind.leads_to(); }) {
          return kind.leads_to();
        }
        return std::nullopt;
      },
      end);
}

bool can_become(const FarEnd& running, const FarEnd& wanted) {
  return std::visit(
      [&]<typename Kind>(const Kind& kind) {
        if constexpr (ChangeableFarEnd<Kind>) {
          const auto* const other = std::get_if<Kind>(&wanted);
          return other != nullptr && kind.can_become(*other);
        } else {
          return running == wanted;
        }
      },
      running);
}

FarEndChange far_end_change(const Json& json) {
  static const std::vector<Field> fields = changeable_far_end_fields();
  FarEndChange named;
  for (const Field& field : fields) {
    if (field.name != member_of_network && json.contains(field.name)) {
      named.insert(field.name);
    }
  }
  return named;
}

FarEndChange far_end_change(const FarEnd& running, const FarEnd& wanted) {
  if (running.index() != wanted.index()) {
    return {};
  }
  Json from = Json::object();
  Json to = Json::object();
  write(from, running, "", Format::full);
  write(to, wanted, "", Format::full);
  FarEndChange named = far_end_change(to);
  std::erase_if(named, [&](const std::string& member) {
    return from.contains(member) && from[member] == to[member];
  });
  return named;
}

}  // namespace tapswitch::config
