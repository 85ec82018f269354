// SPDX-License-Identifier: Apache-2.0
// graph.hpp: `lab graph`: a picture of a lab, by Graphviz where it is to be an image.
#pragma once

#include "tools/lab/verbs.hpp"

namespace tapswitch::lab {

// Throws Failure, and tapctl::UsageError for a format there is not.
int graph(const Words& words);

}  // namespace tapswitch::lab
