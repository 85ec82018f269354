// SPDX-License-Identifier: Apache-2.0
// machine.hpp: how QEMU is told to be a node of a lab.
#pragma once

#include <string>
#include <vector>

#include "control/lab/model.hpp"

namespace tapswitch::lab {

[[nodiscard]] std::string console_socket(const std::string& directory, const std::string& node);
// The name of the log of its console.
[[nodiscard]] std::string console_log(const std::string& node);

// The command line of the virtual machine 'node'; with KVM where the machine has it. What its
// console says goes to descriptor 3 too.
[[nodiscard]] std::vector<std::string> machine_words(const LabSpec& lab, const NodeSpec& node,
                                                     const std::string& directory);

}  // namespace tapswitch::lab
