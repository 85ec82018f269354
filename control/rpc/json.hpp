// SPDX-License-Identifier: Apache-2.0
// json.hpp: the short name under which control/ knows JSON values. Keys keep the order in which
// they were written, so that documents and replies read as their author meant them.
#pragma once

#include <nlohmann/json.hpp>

namespace tapswitch {

using Json = nlohmann::ordered_json;

}  // namespace tapswitch
