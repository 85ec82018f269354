// SPDX-License-Identifier: Apache-2.0
#include "control/lab/link_conditions.hpp"

#include <string>
#include <utility>
#include <vector>

#include "control/config/conditions.hpp"

namespace tapswitch::lab {

using rpc::Field;
using rpc::Schema;

namespace {

constexpr const char* a_to_b = "a-to-b";
constexpr const char* b_to_a = "b-to-a";

// The members of one direction: those of both, and over them its own.
Json direction(const Json& of_link, const char* name) {
  Json members = of_link;
  for (const char* other : {a_to_b, b_to_a, "flap"}) {
    members.erase(other);
  }
  members.update(of_link.value(name, Json::object()));
  return members;
}

// A port says of both directions at once which are cut.
struct Cut {
  bool is_in = false;
  bool is_out = false;
};

Cut cut_of_port(const Json& conditions) {
  const std::string cut = conditions.value("cut", "none");
  return {.is_in = cut == "in" || cut == "both", .is_out = cut == "out" || cut == "both"};
}

const char* word_of(const Cut& cut) {
  return cut.is_in && cut.is_out ? "both" : cut.is_in ? "in" : cut.is_out ? "out" : "none";
}

// Takes 'cut' from the members of a direction.
bool take_cut(Json& members, bool otherwise) {
  const bool is_cut = members.value("cut", otherwise);
  members.erase("cut");
  return is_cut;
}

// Everything of a direction as it is without conditions.
Json clear_direction() {
  Json members = {{"cut", false}};
  for (const Field& field : config::direction_fields()) {
    members[field.name] = nullptr;
  }
  return members;
}

}  // namespace

std::vector<Field> fields_of_direction() {
  std::vector<Field> fields = config::direction_fields();
  fields.push_back({"cut", Schema::boolean(), "all frames are lost, while the carrier stays"});
  return fields;
}

Field link_conditions_field() {
  std::vector<Field> fields = fields_of_direction();
  fields.push_back(config::flap_field());
  fields.push_back({a_to_b, Schema::object(fields_of_direction()),
                    "what is otherwise for frames from the first end to the second"});
  fields.push_back({b_to_a, Schema::object(fields_of_direction()),
                    "what is otherwise for frames from the second end to the first"});
  return {"conditions",
          Schema::any_of({Schema::object(std::move(fields)), Schema::null()},
                         "an object, or null for none"),
          "how the link is worse than a perfect one: in both directions alike, but for what a-to-b "
          "and b-to-a say"};
}

std::optional<rpc::Problem> contradiction_in(const Json& of_link) {
  if (of_link.is_null()) {
    return std::nullopt;
  }
  for (const bool is_forth : {true, false}) {
    const char* const name = is_forth ? a_to_b : b_to_a;
    Json members = direction(of_link, name);
    members.erase("cut");
    try {
      PortConditions conditions;
      config::change(conditions, members);
    } catch (const rpc::Error& error) {
      const Json data = error.to_json()["data"];
      const std::string field = data.value("field", "");
      const std::string member = field.substr(field.rfind('.') + 1);
      const Json own = of_link.value(name, Json::object());
      const char* const where = own.empty() ? "" : is_forth ? "from a to b: " : "from b to a: ";
      return rpc::Problem{.field = own.contains(member) ? std::string(name) + '/' + member : member,
                          .problem = where + data.value("problem", ""),
                          .allowed = data.value("allowed", "")};
    }
  }
  return std::nullopt;
}

bool is_first_in(const LinkSpec& link) { return !link.first.is_switch(); }

Json conditions_at_port(const Json& of_link, bool is_first_in) {
  if (of_link.is_null()) {
    return Json::object();
  }
  Json in = direction(of_link, is_first_in ? a_to_b : b_to_a);
  Json at_port = direction(of_link, is_first_in ? b_to_a : a_to_b);
  const Cut cut{.is_in = take_cut(in, false), .is_out = take_cut(at_port, false)};
  if (!in.empty()) {
    at_port["in"] = std::move(in);
  }
  if (cut.is_in || cut.is_out) {
    at_port["cut"] = word_of(cut);
  }
  if (of_link.contains("flap")) {
    at_port["flap"] = of_link["flap"];
  }
  return at_port;
}

Json conditions_of_link(const Json& at_port, bool is_first_in) {
  const Cut cut = cut_of_port(at_port);
  Json in = at_port.value("in", Json::object());
  Json out = at_port;
  for (const char* other : {"in", "cut", "flap"}) {
    out.erase(other);
  }
  if (cut.is_in) {
    in["cut"] = true;
  }
  if (cut.is_out) {
    out["cut"] = true;
  }
  Json& forth = is_first_in ? in : out;
  Json& back = is_first_in ? out : in;
  Json of_link = Json::object();
  if (!forth.empty()) {
    of_link[a_to_b] = std::move(forth);
  }
  if (!back.empty()) {
    of_link[b_to_a] = std::move(back);
  }
  if (at_port.contains("flap")) {
    of_link["flap"] = at_port["flap"];
  }
  return of_link;
}

Json change_at_port(const Json& change, const Directions& directions, const Json& before,
                    bool is_first_in) {
  if (change.is_null() && directions.are_both()) {
    return nullptr;
  }
  Json members = change.is_null() ? clear_direction() : change;
  Json at_port = Json::object();
  if (members.contains("flap")) {
    at_port["flap"] = members["flap"];
    members.erase("flap");
  }
  Cut cut = cut_of_port(before);
  const bool is_cut_said = members.contains("cut");
  const bool is_cut = take_cut(members, false);
  if (is_first_in ? directions.b_to_a : directions.a_to_b) {
    cut.is_out = is_cut_said ? is_cut : cut.is_out;
    at_port.update(members);
  }
  if (is_first_in ? directions.a_to_b : directions.b_to_a) {
    cut.is_in = is_cut_said ? is_cut : cut.is_in;
    if (!members.empty()) {
      at_port["in"] = members;
    }
  }
  if (is_cut_said) {
    at_port["cut"] = word_of(cut);
  }
  return at_port;
}

}  // namespace tapswitch::lab
