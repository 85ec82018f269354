// SPDX-License-Identifier: Apache-2.0
// screen_size.hpp: how much fits on a terminal, in characters.
#pragma once

#include <cstddef>

namespace tapswitch::tapctl {

struct ScreenSize {
  std::size_t lines = 24;
  std::size_t columns = 80;
};

}  // namespace tapswitch::tapctl
