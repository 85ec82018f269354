// SPDX-License-Identifier: Apache-2.0
// root.hpp: for tests that need privileges. Without them a test is skipped and says why; where
// TAPSWITCH_REQUIRE_ROOT=1 is set, as in CI, it fails instead, so that no test is lost in silence.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace tapswitch::test {

inline bool is_root_required() {
  const char* const value = std::getenv("TAPSWITCH_REQUIRE_ROOT");
  return value != nullptr && std::string_view(value) == "1";
}

}  // namespace tapswitch::test

// Stands first in a test, or in SetUp(), that needs root. A macro, because only the test itself can
// return.
#define TAPSWITCH_REQUIRES_ROOT()                                                   \
  do {                                                                              \
    if (::geteuid() != 0) {                                                         \
      if (::tapswitch::test::is_root_required()) {                                  \
        FAIL() << "needs root, and TAPSWITCH_REQUIRE_ROOT=1 is set";                \
      }                                                                             \
      GTEST_SKIP() << "needs root (or 'unshare -Urn') to make TAPs and namespaces"; \
    }                                                                               \
  } while (false)
