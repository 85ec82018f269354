// SPDX-License-Identifier: Apache-2.0
#include "control/lab/link_conditions.hpp"

#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/config/conditions.hpp"
#include "control/lab/wiring.hpp"
#include "tests/lab/lab_maker.hpp"

namespace tapswitch::lab {
namespace link_conditions_test {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* three_nodes =
    R"({"alice": {}, "bob": {}, "vm": {"kind": "vm", "kernel": "k"}})";

// Returns the conditions of all ports that the link makes, by their names.
Json conditions_of(const char* ends, const char* conditions) {
  const std::string links =
      std::string(R"([{"ends": )") + ends + R"(, "conditions": )" + conditions + "}]";
  const LabSpec lab = lab_of(three_nodes, links.c_str());
  EXPECT_THAT(lab.links, SizeIs(1));
  Json found = Json::object();
  const Json switches = wire(lab, "/labs/test").document["switches"];
  for (const Json& home : switches) {
    const Json ports = home.value("ports", Json::object());
    for (const auto& [port, settings] : ports.items()) {
      if (settings.contains("conditions")) {
        found[port] = settings["conditions"];
      }
    }
  }
  return found;
}

// Conditions that frames of each direction meet, as values.
struct Met {
  Conditions forth;
  Conditions back;
};

Met met(const Json& at_port, bool is_first_in) {
  PortConditions conditions;
  config::change(conditions, at_port);
  return is_first_in ? Met{conditions.in, conditions.out} : Met{conditions.out, conditions.in};
}

TEST(LinkConditions, BothDirectionsStandAtOnePort) {
  EXPECT_EQ(conditions_of(R"(["alice:eth0", "bob:eth0"])", R"({"loss": "10%"})"),
            Json::parse(R"({"alice": {"loss": "10%", "in": {"loss": "10%"}}})"));
  EXPECT_EQ(conditions_of(R"(["alice:eth0", "sw0"])", R"({"delay": "5ms"})"),
            Json::parse(R"({"alice": {"delay": "5ms", "in": {"delay": "5ms"}}})"));
  EXPECT_EQ(conditions_of(R"(["sw0", "sw1"])", R"({"delay": "5ms"})"),
            Json::parse(R"({"sw0-sw1": {"delay": "5ms", "in": {"delay": "5ms"}}})"));
}

TEST(LinkConditions, FramesFromANodeComeInByItsPort) {
  constexpr const char* one_way = R"({"a-to-b": {"delay": "5ms"}})";
  EXPECT_EQ(conditions_of(R"(["alice:eth0", "bob:eth0"])", one_way),
            Json::parse(R"({"alice": {"in": {"delay": "5ms"}}})"));
  EXPECT_EQ(conditions_of(R"(["alice:eth0", "vm:eth0"])", one_way),
            Json::parse(R"({"alice": {"in": {"delay": "5ms"}}})"));
  EXPECT_EQ(conditions_of(R"(["vm:eth0", "sw0"])", one_way),
            Json::parse(R"({"vm": {"in": {"delay": "5ms"}}})"));
}

TEST(LinkConditions, FramesFromASwitchLeaveByThePort) {
  constexpr const char* one_way = R"({"a-to-b": {"delay": "5ms"}})";
  EXPECT_EQ(conditions_of(R"(["sw0", "alice:eth0"])", one_way),
            Json::parse(R"({"alice": {"delay": "5ms"}})"));
  EXPECT_EQ(conditions_of(R"(["sw0", "sw1"])", one_way),
            Json::parse(R"({"sw0-sw1": {"delay": "5ms"}})"));
  EXPECT_EQ(conditions_of(R"(["sw0", "sw1"])", R"({"b-to-a": {"delay": "5ms"}})"),
            Json::parse(R"({"sw0-sw1": {"in": {"delay": "5ms"}}})"));
}

TEST(LinkConditions, OneDirectionSaysWhatIsOtherwise) {
  EXPECT_EQ(conditions_of(R"(["alice:eth0", "bob:eth0"])",
                          R"({"delay": "5ms", "loss": "1%", "a-to-b": {"loss": "2%"},
                              "b-to-a": {"rate": "10mbit"}, "flap": "10s/2s"})"),
            Json::parse(R"({"alice": {"delay": "5ms", "loss": "1%", "rate": "10mbit",
                                      "in": {"delay": "5ms", "loss": "2%"}, "flap": "10s/2s"}})"));
}

TEST(LinkConditions, CutIsOfWhatIsSaid) {
  constexpr const char* nodes = R"(["alice:eth0", "bob:eth0"])";
  EXPECT_EQ(conditions_of(nodes, R"({"cut": true})")["alice"]["cut"], "both");
  EXPECT_EQ(conditions_of(nodes, R"({"a-to-b": {"cut": true}})")["alice"]["cut"], "in");
  EXPECT_EQ(conditions_of(nodes, R"({"cut": true, "a-to-b": {"cut": false}})")["alice"]["cut"],
            "out");
  EXPECT_EQ(conditions_of(R"(["sw0", "bob:eth0"])", R"({"a-to-b": {"cut": true}})")["bob"]["cut"],
            "out");
}

TEST(LinkConditions, NoneAreNone) {
  EXPECT_THAT(conditions_of(R"(["alice:eth0", "bob:eth0"])", "null"), IsEmpty());
  EXPECT_THAT(conditions_of(R"(["alice:eth0", "bob:eth0"])", "{}"), IsEmpty());
}

TEST(LinkConditions, ContradictionIsToldOnceAndWhereItStands) {
  const auto told = [](const char* conditions) {
    return mistakes_of(
        three_nodes,
        (std::string(R"([{"ends": ["alice:eth0", "bob:eth0"], "conditions": )") + conditions + "}]")
            .c_str());
  };
  EXPECT_THAT(
      told(R"({"reorder": "5%"})"),
      ElementsAre("/links/0/conditions/reorder: without a delay there is nobody to overtake"));
  EXPECT_THAT(
      told(R"({"delay": "1ms", "reorder": "5%", "b-to-a": {"delay": "0s"}})"),
      ElementsAre("/links/0/conditions/reorder: from b to a: without a delay there is nobody "
                  "to overtake"));
  EXPECT_THAT(told(R"({"a-to-b": {"burst": "32kb"}})"),
              ElementsAre("/links/0/conditions/a-to-b/burst: from a to b: there is no rate"));
  EXPECT_THAT(told(R"({"reorder": "5%", "a-to-b": {"delay": "1ms"}, "b-to-a": {"delay": "1ms"}})"),
              IsEmpty());
}

TEST(LinkConditions, WrongValueIsTold) {
  const auto told = [](const char* conditions) {
    return mistakes_of(
        three_nodes,
        (std::string(R"([{"ends": ["alice:eth0", "sw0"], "conditions": )") + conditions + "}]")
            .c_str());
  };
  EXPECT_THAT(told(R"({"loss": "101%"})"), ElementsAre(HasSubstr("/links/0/conditions/loss: ")));
  EXPECT_THAT(told(R"({"a-to-b": {"delay": "61s"}})"),
              ElementsAre(HasSubstr("/links/0/conditions/a-to-b/delay: ")));
  EXPECT_THAT(told(R"({"in": {"delay": "1s"}})"),
              ElementsAre(HasSubstr("/links/0/conditions/in: ")));
  EXPECT_THAT(told(R"({"cut": "both"})"), ElementsAre(HasSubstr("/links/0/conditions/cut: ")));
  EXPECT_THAT(told(R"({"a-to-b": {"flap": "1s/1s"}})"),
              ElementsAre(HasSubstr("/links/0/conditions/a-to-b/flap: ")));
}

TEST(LinkConditions, PortsConditionsAreReadBackAsTheLinks) {
  const Json of_link = Json::parse(R"({"a-to-b": {"loss": "2%", "cut": true},
                                       "b-to-a": {"delay": "5ms"}, "flap": "10s/2s"})");
  for (const bool is_first_in : {true, false}) {
    EXPECT_EQ(conditions_of_link(conditions_at_port(of_link, is_first_in), is_first_in), of_link);
  }
  EXPECT_THAT(conditions_of_link(Json::object(), true), IsEmpty());
}

TEST(LinkConditions, ChangeNamesOneDirectionOrBoth) {
  const Json change = {{"loss", "5%"}};
  EXPECT_EQ(change_at_port(change, {.a_to_b = true}, Json::object(), true),
            Json::parse(R"({"in": {"loss": "5%"}})"));
  EXPECT_EQ(change_at_port(change, {.a_to_b = true}, Json::object(), false), change);
  EXPECT_EQ(change_at_port(change, {.b_to_a = true}, Json::object(), true), change);
  EXPECT_EQ(change_at_port(change, {.a_to_b = true, .b_to_a = true}, Json::object(), true),
            Json::parse(R"({"loss": "5%", "in": {"loss": "5%"}})"));
}

TEST(LinkConditions, CutOfOneDirectionLeavesTheOther) {
  const auto cut_after = [](bool is_cut, const Directions& directions, const char* before) {
    return change_at_port({{"cut", is_cut}}, directions, {{"cut", before}}, true)["cut"];
  };
  EXPECT_EQ(cut_after(true, {.a_to_b = true}, "none"), "in");
  EXPECT_EQ(cut_after(true, {.a_to_b = true}, "out"), "both");
  EXPECT_EQ(cut_after(false, {.b_to_a = true}, "both"), "in");
  EXPECT_EQ(cut_after(false, {.a_to_b = true, .b_to_a = true}, "both"), "none");
  EXPECT_FALSE(
      change_at_port({{"loss", "1%"}}, {.a_to_b = true}, {{"cut", "in"}}, true).contains("cut"))
      << "it stays";
}

TEST(LinkConditions, ClearOfOneDirectionLeavesTheOther) {
  PortConditions conditions;
  const Json worst = Json::parse(R"({"delay": "1ms", "jitter": "1ms", "distribution": "normal",
      "correlation": "5%", "loss": "1%", "duplicate": "1%", "corrupt": "1%", "reorder": "1%",
      "gap": 2, "rate": "1mbit", "burst": "10kb", "queue": "1mb", "seed": 7,
      "in": {"delay": "1ms", "loss_model": "gemodel 1% 10%"}, "cut": "both"})");
  config::change(conditions, worst);
  const Json change = change_at_port(nullptr, {.b_to_a = true}, config::to_json(conditions), true);
  config::change(conditions, change);
  EXPECT_EQ(config::to_json(conditions),
            Json::parse(R"({"in": {"delay": "1ms", "loss_model": "gemodel 1% 10% 100% 0%"},
                            "cut": "in"})"));
  config::change(conditions,
                 change_at_port(nullptr, {.a_to_b = true}, config::to_json(conditions), true));
  EXPECT_TRUE(conditions.are_none());
  EXPECT_TRUE(change_at_port(nullptr, {.a_to_b = true, .b_to_a = true}, worst, true).is_null());
}

TEST(LinkConditions, ClearOfADirectionKnowsAllOfIt) {
  const Json cleared = change_at_port(nullptr, {.b_to_a = true}, Json::object(), true);
  for (const rpc::Field& field : config::direction_fields()) {
    EXPECT_TRUE(cleared.contains(field.name)) << field.name;
  }
}

// Frames meet what the link says of their direction, whichever kinds of end it has.
TEST(LinkConditions, EachDirectionMeetsItsOwnOnce) {
  const Json of_link = Json::parse(R"({"loss": "10%", "a-to-b": {"delay": "5ms"}})");
  for (const bool is_first_in : {true, false}) {
    const Met conditions = met(conditions_at_port(of_link, is_first_in), is_first_in);
    EXPECT_EQ(conditions.forth.loss, 0.1);
    EXPECT_EQ(conditions.forth.delay, std::chrono::milliseconds(5));
    EXPECT_EQ(conditions.back.loss, 0.1);
    EXPECT_EQ(conditions.back.delay, std::chrono::nanoseconds::zero());
  }
}

TEST(LinkConditions, PortsOfLinksAreNamedAsTheyAreMade) {
  const LabSpec lab = lab_of(three_nodes, R"([{"ends": ["sw0", "sw1"]}, {"ends": ["sw1", "sw0"]},
                                              {"ends": ["alice:eth0", "bob:eth0"]},
                                              {"ends": ["sw0", "alice:eth1"]}])");
  EXPECT_THAT(ports_of_links(lab),
              ElementsAre(LinkPorts{"sw0-sw1", "sw1-sw0"}, LinkPorts{"sw1-sw0-2", "sw0-sw1-2"},
                          LinkPorts{"alice-eth0", "bob"}, LinkPorts{"alice-eth1", "alice-eth1"}));
}

}  // namespace link_conditions_test
}  // namespace tapswitch::lab
