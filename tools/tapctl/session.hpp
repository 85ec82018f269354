// SPDX-License-Identifier: Apache-2.0
// session.hpp: carries a command line out: asks the daemon as often as the answer needs.
#pragma once

#include <functional>
#include <string>

#include "control/client/client.hpp"
#include "tools/tapctl/line/arguments.hpp"
#include "tools/terminal/style.hpp"

namespace tapswitch::tapctl {

// How what is printed should look.
struct Look {
  bool json = false;         // the result as it is
  bool is_terminal = false;  // JSON on several lines
  Style style = {};
};

// Makes 'call', and what it gave back is the text. Throws what Client throws, and
// ModeMismatch.
std::string carry_out(client::Client& client, const Call& call, const Look& look);

// Gives each event that comes, as a line, to 'print'; never returns. Throws what Client throws.
[[noreturn]] void watch(client::Client& client, const Look& look,
                        const std::function<void(const std::string&)>& print);

// Returns what to print of the daemon's refusal of 'call': what is wrong and what would be right.
std::string describe_refusal(const client::Refused& refused, const Call& call);

}  // namespace tapswitch::tapctl
