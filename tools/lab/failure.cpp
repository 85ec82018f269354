// SPDX-License-Identifier: Apache-2.0
#include "tools/lab/failure.hpp"

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

namespace tapswitch::lab {

void fail(const std::string& what, const std::string& hint) {
  throw Failure(fmt::format("cannot {}: {}{}", what, std::strerror(errno),
                            hint.empty() ? "" : fmt::format(" ({})", hint)));
}

}  // namespace tapswitch::lab
