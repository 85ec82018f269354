// SPDX-License-Identifier: Apache-2.0
// help.hpp: what --help prints, made from the table of methods.
#pragma once

#include <string>
#include <vector>

#include "control/rpc/method.hpp"

namespace tapswitch::tapctl {

std::string overview_help(const std::vector<rpc::Method>& methods);
std::string noun_help(const std::vector<rpc::Method>& methods, const std::string& noun);
std::string method_help(const rpc::Method& method);
std::string call_help();

}  // namespace tapswitch::tapctl
