// SPDX-License-Identifier: Apache-2.0
// link_conditions.hpp: the conditions of a link (control/config/conditions.hpp) as a lab has them:
// of both directions alike, and of one apart from the other; and how they stand at a port. Pure.
//
// The first end of a link is called a, the second b. All conditions of a link stand at one port,
// the first of LinkPorts (wiring.hpp): those of one direction as what leaves by it, those of the
// other as its 'in'. So each frame meets them once, and they change together.
#pragma once

#include <optional>
#include <vector>

#include "control/lab/model.hpp"
#include "control/rpc/schema.hpp"

namespace tapswitch::lab {

// Returns the members that each direction of a link has.
[[nodiscard]] std::vector<rpc::Field> fields_of_direction();

// "conditions" of a link: the members of a direction, 'cut' (whether all is lost), 'flap', and in
// 'a-to-b' and 'b-to-a' what is otherwise in that direction; or null.
[[nodiscard]] rpc::Field link_conditions_field();

// Returns where the conditions of 'of_link' contradict one another, as "a-to-b/reorder"; nullopt if
// they do not. Requires: it fits the schema.
[[nodiscard]] std::optional<rpc::Problem> contradiction_in(const Json& of_link);

// Whether frames from a to b are those that come in by the port at which the conditions stand: a
// node is behind that port, while a patch is before the other switch.
[[nodiscard]] bool is_first_in(const LinkSpec& link);

// Returns the conditions of that port; an empty object if the link has none.
[[nodiscard]] Json conditions_at_port(const Json& of_link, bool is_first_in);

// Returns conditions that a port has as those of its link: an object with 'a-to-b', 'b-to-a' and
// 'flap', without what is empty.
[[nodiscard]] Json conditions_of_link(const Json& at_port, bool is_first_in);

struct Directions {
  bool a_to_b = false;
  bool b_to_a = false;

  [[nodiscard]] bool are_both() const { return a_to_b && b_to_a; }

  bool operator==(const Directions&) const = default;
};

// Returns the "conditions" for port.set by which 'change' comes to hold in 'directions', and the
// rest stays as it is in 'before', the port's conditions. 'change' has the members of a direction,
// 'cut' and 'flap'; null takes all away.
[[nodiscard]] Json change_at_port(const Json& change, const Directions& directions,
                                  const Json& before, bool is_first_in);

}  // namespace tapswitch::lab
