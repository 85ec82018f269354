// SPDX-License-Identifier: Apache-2.0
// drawing.hpp: a picture of a lab: for Graphviz, and for a terminal. Pure.
#pragma once

#include <string>

#include "control/lab/model.hpp"

namespace tapswitch::lab {

// In the language DOT of Graphviz.
[[nodiscard]] std::string to_dot(const LabSpec& lab);

// Each switch with what is connected to it, a line each; then the links without a switch.
[[nodiscard]] std::string to_drawing(const LabSpec& lab);

}  // namespace tapswitch::lab
