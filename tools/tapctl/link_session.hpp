// SPDX-License-Identifier: Apache-2.0
// link_session.hpp: carries out `link list` and `link set`, which a lab's daemon knows only as
// calls about ports.
#pragma once

#include <string>

#include "control/client/client.hpp"
#include "tools/lab/links.hpp"
#include "tools/tapctl/line/arguments.hpp"
#include "tools/tapctl/session.hpp"

namespace tapswitch::tapctl {

// Makes 'call', one of link_commands(), and returns what to print. A refusal of the daemon is about
// the fields that the call's spelling is given the options of. Throws what Client throws,
// lab::Failure and UsageError.
std::string carry_out_link(client::Client& client, const lab::LabLinks& links, Call& call,
                           const Look& look);

}  // namespace tapswitch::tapctl
