// SPDX-License-Identifier: Apache-2.0
// method.hpp: a row of the table of methods: what a method is called, takes, gives and does.
// Dispatch, validation, rpc.discover, the reference in docs/ and tapctl's command line all come
// from these rows; the code behind a row is bound to it in the dispatcher.
#pragma once

#include <string>
#include <vector>

#include "control/rpc/schema.hpp"

namespace tapswitch::rpc {

struct Method {
  std::string name;     // "port.add"
  std::string summary;  // one line, without a full stop
  Schema params;        // an object or a variant
  Schema result;
  bool changes = false;   // refused on a read-only socket
  bool captures = false;  // but for callers who may capture there; waits for other captures alone
};

}  // namespace tapswitch::rpc
