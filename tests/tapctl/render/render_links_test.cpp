// SPDX-License-Identifier: Apache-2.0
#include "tools/tapctl/render/render_links.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tapswitch::tapctl {
namespace render_links_test {

using ::testing::HasSubstr;
using ::testing::Not;

const lab::Link nodes{
    .a = "alice:eth0", .b = "bob:eth0", .ports = {"alice", "bob"}, .is_first_in = true};

Ports ports_of(const char* alice, const char* bob) {
  return {{"alice", Json::parse(alice)}, {"bob", Json::parse(bob)}};
}

constexpr const char* up = R"({"state": "up", "carrier": true})";

TEST(RenderLinks, ConditionsStandInTheColumnOfTheirDirection) {
  const Json link = link_to_json(
      nodes,
      ports_of(R"({"state": "up", "conditions": {"loss": "1%", "in": {"delay": "5ms"}}})", up));
  EXPECT_EQ(link, Json::parse(R"({"a": "alice:eth0", "b": "bob:eth0", "state": "up",
                                  "ports": ["alice", "bob"],
                                  "conditions": {"a-to-b": {"delay": "5ms"},
                                                 "b-to-a": {"loss": "1%"}}})"));
  EXPECT_EQ(render_links(Json::array({link}), {}),
            "A           B         STATE  A TO B     B TO A\n"
            "alice:eth0  bob:eth0  up     delay 5ms  loss 1%\n");
}

TEST(RenderLinks, PerfectLinkHasNone) {
  const std::string text = render_links(Json::array({link_to_json(nodes, ports_of(up, up))}), {});
  EXPECT_THAT(text, HasSubstr("up     -       -\n"));
  EXPECT_THAT(text, Not(HasSubstr("FLAP")));
  EXPECT_EQ(render_links(Json::array(), {}), "no links\n");
}

TEST(RenderLinks, StateIsThatOfTheWorseEnd) {
  const auto state = [](const char* alice, const char* bob) {
    return link_to_json(nodes, ports_of(alice, bob))["state"];
  };
  EXPECT_EQ(state(up, R"({"state": "lost"})"), "lost");
  EXPECT_EQ(state(R"({"state": "no_carrier"})", R"({"state": "down", "carrier": false})"),
            "unplugged");
  EXPECT_EQ(link_to_json(nodes, {})["state"], "missing");
}

TEST(RenderLinks, ConditionsOfTheOtherPortAreRemarkedOn) {
  const Json link = link_to_json(
      nodes,
      ports_of(up, R"({"state": "up", "conditions": {"in": {"loss": "1%"}, "flap": "1s/1s"}})"));
  EXPECT_EQ(link["beside"]["port"], "bob");
  EXPECT_THAT(render_links(Json::array({link}), {}),
              HasSubstr("the port bob of the link alice:eth0 - bob:eth0 has conditions of its own: "
                        "in.loss 1%, flap 1s/1s\n"));
}

TEST(RenderLinks, FlapHasAColumnWhereThereIsOne) {
  const lab::Link link{.a = "sw0", .b = "bob:eth0", .ports = {"bob", "bob"}, .is_first_in = false};
  const Json json = link_to_json(
      link, ports_of(up, R"({"state": "up", "conditions": {"flap": "1s/2s", "cut": "in"}})"));
  EXPECT_FALSE(json.contains("beside"));
  const std::string text = render_links(Json::array({json}), {});
  EXPECT_THAT(text, HasSubstr("FLAP"));
  EXPECT_THAT(text, HasSubstr("-       cut     1s/2s\n"));
}

}  // namespace render_links_test
}  // namespace tapswitch::tapctl
