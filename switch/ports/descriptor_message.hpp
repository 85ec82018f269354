// SPDX-License-Identifier: Apache-2.0
// descriptor_message.hpp: bytes that go over a Unix socket together with descriptors (SCM_RIGHTS).
#pragma once

#include <sys/types.h>

#include <span>
#include <string_view>

namespace tapswitch {

// As send(2). 'descriptors' go with the first byte, and stay open here too.
[[nodiscard]] ssize_t send_with_descriptors(int socket, std::string_view text,
                                            std::span<const int> descriptors, int flags);

}  // namespace tapswitch
