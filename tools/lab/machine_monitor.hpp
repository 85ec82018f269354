// SPDX-License-Identifier: Apache-2.0
// machine_monitor.hpp: speaks to QEMU's monitor (QMP), by which a machine's cards are unplugged and
// plugged in under the guest's eyes.
//
// Limits: a line of QEMU's has at most 64 KiB; each answer is waited for 5 seconds.
#pragma once

#include <cstddef>
#include <string>

namespace tapswitch::lab {

// The socket of a machine's monitor, below the lab's directory.
[[nodiscard]] std::string monitor_socket(const std::string& directory, const std::string& node);

// The name by which QEMU knows the card of number 'card'.
[[nodiscard]] std::string card_name(std::size_t card);

// Gives a card its carrier, or takes it away; the guest can undo neither. Throws Failure.
void set_card_link(const std::string& socket, const std::string& card, bool has_carrier);

}  // namespace tapswitch::lab
