// SPDX-License-Identifier: Apache-2.0
// fd_store.hpp: has the service manager keep the network between the end of one daemon and the
// start of the next, so that TAPs stay up and frames wait in them (FDSTORE=1 of sd_notify(3)).
//
// Theory of operation: at its end the daemon gives away what it would tell a successor
// (api/hand_over.hpp): the words in a file without a name, the descriptors one by one. The next one
// makes its network of that, and then what its startup file says otherwise.
#pragma once

#include <optional>

#include "control/network/hand_over.hpp"
#include "tools/tapswitchd/service_manager.hpp"

namespace tapswitch::daemon {

// Throws std::runtime_error or rpc::Error if not all could be given away.
void keep_for_the_next(const ServiceManager& manager, const network::Network& network);

// Returns what the last one gave away; nullopt if that is nothing. It is kept no longer. Throws
// std::exception if it is not complete.
[[nodiscard]] std::optional<network::Inheritance> take_kept(ServiceManager& manager);

}  // namespace tapswitch::daemon
