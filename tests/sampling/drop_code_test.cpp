// SPDX-License-Identifier: Apache-2.0
#include "switch/sampling/drop_code.hpp"

#include <gtest/gtest.h>

namespace tapswitch::test {
namespace drop_code_test {

TEST(DropCode, ReasonsHaveTheCodesOfSflow) {
  EXPECT_EQ(code_of(DropReason::mtu_exceeded), DropCode::pkt_too_big);
  EXPECT_EQ(code_of(DropReason::vlan_not_allowed), DropCode::ingress_vlan_filter);
  EXPECT_EQ(code_of(DropReason::no_egress), DropCode::port_list_is_empty);
  EXPECT_EQ(code_of(DropReason::busy), DropCode::no_buffer_space);
}

// Codes below 256 are those of ICMP, which no frame is dropped for here.
TEST(DropCode, EveryReasonHasOne) {
  for (std::size_t i = 0; i < drop_reason_count; ++i) {
    const auto code = static_cast<std::uint32_t>(code_of(static_cast<DropReason>(i)));
    EXPECT_GE(code, 256U) << drop_reasons[i].name;
    EXPECT_LE(code, 301U) << drop_reasons[i].name;
  }
}

}  // namespace drop_code_test
}  // namespace tapswitch::test
