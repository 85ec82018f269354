// SPDX-License-Identifier: Apache-2.0
#include "control/lab/drawing.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/lab/lab_maker.hpp"

namespace tapswitch::lab {
namespace drawing_test {

using ::testing::HasSubstr;

LabSpec sample() {
  Json document = document_of(
      R"({"alice": {}, "bob": {"interfaces": {"eth1": {"addresses": ["10.1.0.2/24"]}}},
          "carol": {}, "vm": {"kind": "vm", "kernel": "k"}})",
      R"([{"ends": ["alice:eth0", "sw0"], "addresses": ["10.0.0.1/24"],
           "vlan": {"mode": "access", "pvid": 10}},
          {"ends": ["sw0", "sw1"], "vlan": {"mode": "trunk", "allowed": "10,20"}},
          {"ends": ["bob:eth1", "vm:eth0"]}])");
  document["switches"]["sw1"]["ports"]["host"] = {{"addresses", {"10.0.0.9/24"}}};
  return read_lab(document, "test").lab;
}

TEST(Drawing, TextShowsSwitchesWithWhatIsConnected) {
  EXPECT_EQ(to_drawing(sample()),
            "sw0\n"
            "├── alice:eth0  10.0.0.1/24  VLAN 10\n"
            "└── sw1                      trunk 10,20\n"
            "sw1\n"
            "├── sw0                      trunk 10,20\n"
            "└── host (tap)  10.0.0.9/24\n"
            "bob:eth1 (10.1.0.2/24) ─── vm:eth0\n"
            "carol (without a link)\n");
}

TEST(Drawing, DotHasEveryNodeSwitchAndLink) {
  const std::string dot = to_dot(sample());
  EXPECT_THAT(dot, HasSubstr("graph \"test\" {"));
  EXPECT_THAT(dot,
              HasSubstr("\"alice\" [label=\"alice\\n10.0.0.1/24\", shape=box, style=rounded];"));
  EXPECT_THAT(dot, HasSubstr("\"alice\" -- \"sw0\" [taillabel=\"eth0\", label=\"VLAN 10\"];"));
  EXPECT_THAT(dot, HasSubstr("\"sw0\" -- \"sw1\" [label=\"trunk 10,20\"];"));
  EXPECT_THAT(dot, HasSubstr("\"bob\" -- \"vm\" [taillabel=\"eth1\", headlabel=\"eth0\"];"));
  EXPECT_THAT(dot, HasSubstr("\"port host\" -- \"sw1\""));
}

}  // namespace drawing_test
}  // namespace tapswitch::lab
