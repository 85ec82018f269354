// SPDX-License-Identifier: Apache-2.0
// unrecorded.hpp: takes away what can be found of a lab whose record is lost.
//
// Found are the processes that were started by it, which their environment tells, the keeper they
// are with, and those namespaces that the document of its switches names. A namespace of a node
// without a link to a switch is not known as the lab's: it is told, and left.
#pragma once

#include <cstdio>
#include <string>

namespace tapswitch::lab {

// 'directory' is that of the lab 'name'. Tells on 'out' what it takes away.
void remove_unrecorded(const std::string& directory, const std::string& name, std::FILE* out);

}  // namespace tapswitch::lab
