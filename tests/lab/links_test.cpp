// SPDX-License-Identifier: Apache-2.0
#include "tools/lab/links.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/lab/lab_maker.hpp"
#include "tools/lab/failure.hpp"

namespace tapswitch::lab {
namespace links_test {

using ::testing::AllOf;
using ::testing::HasSubstr;

LabLinks some_links() {
  return {.lab = "test",
          .links = links_in(lab_of(R"({"alice": {}, "bob": {}})",
                                   R"([{"ends": ["alice:eth0", "bob:eth0"]},
                                       {"ends": ["sw0", "bob:eth1"]},
                                       {"ends": ["alice:eth1", "sw0"]},
                                       {"ends": ["sw0", "sw1"]}, {"ends": ["sw1", "sw0"]}])"))};
}

ChosenLink choose(const std::vector<std::string>& ends,
                  const std::optional<std::string>& direction = std::nullopt) {
  return choose_link(some_links(), ends, direction);
}

std::string refusal_of(const std::vector<std::string>& ends) {
  try {
    (void)choose(ends);
  } catch (const Failure& failure) {
    return failure.what();
  }
  return "";
}

constexpr Directions forth{.a_to_b = true, .b_to_a = false};
constexpr Directions back{.a_to_b = false, .b_to_a = true};
constexpr Directions both{.a_to_b = true, .b_to_a = true};

TEST(Links, OneEndMeansWhatLeavesThere) {
  EXPECT_EQ(choose({"alice:eth0"}).directions, forth);
  EXPECT_EQ(choose({"bob:eth0"}).directions, back);
  EXPECT_EQ(choose({"bob:eth1"}).directions, back);
  EXPECT_EQ(choose({"bob:eth1"}).link.ports, (LinkPorts{"bob-eth1", "bob-eth1"}));
}

TEST(Links, BothEndsMeanBothDirections) {
  EXPECT_EQ(choose({"alice:eth0", "bob:eth0"}).directions, both);
  EXPECT_EQ(choose({"bob:eth0", "alice:eth0"}).directions, both);
  EXPECT_EQ(choose({"bob:eth1", "sw0"}).link.a, "sw0");
}

TEST(Links, DirectionThatIsSaidHolds) {
  EXPECT_EQ(choose({"bob:eth0"}, "a-to-b").directions, forth);
  EXPECT_EQ(choose({"bob:eth0", "alice:eth0"}, "b-to-a").directions, back);
  EXPECT_EQ(choose({"bob:eth0"}, "both").directions, both);
}

TEST(Links, ConditionsStandWhereTheFirstNodeIs) {
  EXPECT_TRUE(choose({"alice:eth0"}).link.is_first_in);
  EXPECT_TRUE(choose({"alice:eth1"}).link.is_first_in);
  EXPECT_FALSE(choose({"bob:eth1"}).link.is_first_in);
}

TEST(Links, LinkThatIsNotThereIsTold) {
  EXPECT_THAT(refusal_of({"alice:eth2"}),
              AllOf(HasSubstr("the lab 'test' has no link at 'alice:eth2'; did you mean"),
                    HasSubstr("alice:eth0")));
  EXPECT_THAT(refusal_of({"alice:eth0", "nobody"}), HasSubstr("no link at 'nobody'"));
  EXPECT_THAT(refusal_of({"alice:eth0", "sw0"}),
              HasSubstr("no link between 'alice:eth0' and 'sw0': from 'alice:eth0' one leads to "
                        "bob:eth0"));
}

TEST(Links, LinkThatIsNotClearIsTold) {
  EXPECT_THAT(refusal_of({"sw0"}), HasSubstr("'sw0' has 4 links: name the other end too"));
  EXPECT_THAT(refusal_of({"sw0", "sw1"}), HasSubstr("`tapctl port set` and sw0-sw1 or sw1-sw0-2"));
}

}  // namespace links_test
}  // namespace tapswitch::lab
