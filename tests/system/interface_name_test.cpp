// SPDX-License-Identifier: Apache-2.0
#include "switch/system/interface_name.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tapswitch {
namespace interface_name_test {

TEST(InterfaceName, OrdinaryNamesAreAccepted) {
  for (const char* name : {"tap0", "a", "lan-1.5_x", "fifteen-letters", "...", "caf\xc3\xa9"}) {
    EXPECT_EQ(interface_name_fault(name), std::nullopt) << name;
  }
}

TEST(InterfaceName, WhatTheKernelWouldCutExpandOrRefuseIsRefusedFirst) {
  using namespace std::string_literals;
  const std::pair<std::string, const char*> cases[] = {
      {"", "is empty"},
      {"sixteen-letters-", "has more than 15 characters"},
      {".", "is reserved"},
      {"..", "is reserved"},
      {"all", "is reserved"},
      {"default", "is reserved"},
      {"tap%d", "contains '/', ':' or '%'"},
      {"a/b", "contains '/', ':' or '%'"},
      {"a:1", "contains '/', ':' or '%'"},
      {"a b", "contains a space or a control character"},
      {"a\tb", "contains a space or a control character"},
      {"a\0b"s, "contains a space or a control character"},
      {"a\x7f", "contains a space or a control character"},
  };
  for (const auto& [name, fault] : cases) {
    EXPECT_EQ(interface_name_fault(name), fault) << '"' << name << '"';
  }
}

}  // namespace interface_name_test
}  // namespace tapswitch
