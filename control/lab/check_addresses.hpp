// SPDX-License-Identifier: Apache-2.0
// check_addresses.hpp: whether an address occurs twice where that cannot work.
//
// Two stations may have one IP address if they never meet: on switches that no link joins, or in
// VLANs that differ. Whether a trunk and an access port meet is not asked: then nothing is said. Of
// MAC addresses each may occur once in a lab.
#pragma once

#include "control/config/mistakes.hpp"
#include "control/lab/model.hpp"

namespace tapswitch::lab {

void check_addresses(const LabSpec& lab, config::Mistakes& mistakes);

}  // namespace tapswitch::lab
