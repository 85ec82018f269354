// SPDX-License-Identifier: Apache-2.0
// tcx_link.hpp: puts a program at the ingress of an interface for as long as a descriptor is open,
// and no longer, however the process that has it ends (tcx, Linux 6.6). It is asked before others
// that are there, and before all filters of tc(8).
#pragma once

#include "switch/system/kernel_error.hpp"
#include "switch/system/unique_fd.hpp"

namespace tapswitch {

// 'index' is that of an interface in the namespace of the calling thread, 'program' the descriptor
// of one for tc's filters. An error if this kernel has no such links. The link is not open any
// more, as far as the kernel goes, when the interface is gone.
[[nodiscard]] KernelResult<UniqueFd> open_tcx_link(int index, int program);

// Whether this kernel has such links. 'program' is as above; nothing is put anywhere.
[[nodiscard]] bool has_tcx_links(int program);

}  // namespace tapswitch
