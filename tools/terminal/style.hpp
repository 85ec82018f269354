// SPDX-License-Identifier: Apache-2.0
// style.hpp: how results are put on paper: a terminal's, or that of a program which reads on.
#pragma once

#include <cstddef>

namespace tapswitch::tapctl {

// As it stands here, it is for programs: all of everything, and no colour.
struct Style {
  bool in_colour = false;
  bool is_exact = true;   // counts in full: 1234567, not 1.2 M
  std::size_t width = 0;  // columns that a table should not exceed; 0: as many as it takes
};

}  // namespace tapswitch::tapctl
