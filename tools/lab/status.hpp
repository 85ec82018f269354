// SPDX-License-Identifier: Apache-2.0
// status.hpp: `lab status` and `lab list`: what is there of labs, for people and for programs.
#pragma once

#include "tools/lab/verbs.hpp"
#include "tools/terminal/style.hpp"

namespace tapswitch::lab {

int status(const Words& words, const tapctl::Style& style);
int list(const Words& words, const tapctl::Style& style);

}  // namespace tapswitch::lab
