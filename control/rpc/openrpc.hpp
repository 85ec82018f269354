// SPDX-License-Identifier: Apache-2.0
// openrpc.hpp: the table of methods as an OpenRPC document: what rpc.discover answers.
#pragma once

#include <span>
#include <string_view>

#include "control/rpc/method.hpp"

namespace tapswitch::rpc {

// 'version' is that of the interface, as "1.2.3". Where the fields of a method depend on one
// another (a variant), "x-params-schema" tells what the list of parameters cannot.
Json openrpc_document(std::span<const Method> methods, std::string_view version);

}  // namespace tapswitch::rpc
