// SPDX-License-Identifier: Apache-2.0
// descriptor_receiver.hpp: the other end of switch/system/descriptor_message.hpp, for tests of who
// sends.
#pragma once

#include <sys/types.h>

#include <span>

#include "switch/system/unique_fd.hpp"

namespace tapswitch::test {

// As recv(2). Afterwards 'came' is the descriptor that came with it, and not open if none did.
ssize_t receive_with_descriptor(int socket, std::span<char> space, UniqueFd& came, int flags = 0);

}  // namespace tapswitch::test
