// SPDX-License-Identifier: Apache-2.0
// did_you_mean.hpp: guesses the name that somebody meant who wrote one that is none.
#pragma once

#include <string>
#include <vector>

namespace tapswitch::tapctl {

// "; did you mean 'x' or 'y'?", or nothing if no name is close. 'prefix'
// is put before each.
std::string did_you_mean(const std::string& wanted, const std::vector<std::string>& names,
                         const std::string& prefix = {});

}  // namespace tapswitch::tapctl
