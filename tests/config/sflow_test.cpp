// SPDX-License-Identifier: Apache-2.0
#include "control/config/sflow.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "control/config/document.hpp"
#include "control/config/plan.hpp"
#include "control/config/read_document.hpp"

namespace tapswitch::config {
namespace sflow_test {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

Json document_with(const char* sflow) {
  Json document = {{"version", 1}, {"switches", Json::object()}};
  document["sflow"] = Json::parse(sflow);
  return document;
}

NetworkSpec network_with(const char* sflow, const NetworkSpec& base = {}) {
  Reading reading = read_document(document_with(sflow), base);
  EXPECT_THAT(reading.mistakes, IsEmpty());
  return std::move(reading.network);
}

std::vector<std::string> mistakes_in(const char* sflow) {
  std::vector<std::string> found;
  for (const rpc::Problem& mistake : read_document(document_with(sflow)).mistakes) {
    found.push_back(mistake.field + ": " + mistake.problem);
  }
  return found;
}

std::vector<std::string> lines_between(const NetworkSpec& running, const NetworkSpec& wanted) {
  std::vector<std::string> lines;
  for (const Step& step : plan(running, wanted)) {
    for (const PlanLine& line : step.lines) {
      EXPECT_FALSE(line.disturbs);
      lines.push_back(line.text);
    }
  }
  return lines;
}

TEST(Collector, IsAnAddressAndPerhapsAPort) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"192.0.2.1", "192.0.2.1:6343"},
      {"192.0.2.1:9000", "192.0.2.1:9000"},
      {"2001:db8::1", "[2001:db8::1]:6343"},
      {"[2001:db8::1]", "[2001:db8::1]:6343"},
      {"[2001:db8::1]:9000", "[2001:db8::1]:9000"}};
  for (const auto& [said, meant] : cases) {
    const auto collector = parse_collector(said);
    ASSERT_TRUE(collector) << said;
    EXPECT_EQ(collector->host_and_port(), meant);
  }
}

TEST(Collector, IsNothingElse) {
  for (const char* said : {"", "localhost", "localhost:6343", "192.0.2.1:", "192.0.2.1:0",
                           "192.0.2.1:65536", "192.0.2", "[2001:db8::1", "2001:db8::1]:6343",
                           "tcp:192.0.2.1:6343", "unix:/run/x", ":6343", "[192.0.2.1]:6343"}) {
    EXPECT_FALSE(parse_collector(said)) << said;
  }
}

TEST(SflowSpec, HasDefaultsForAllButTheCollectors) {
  const NetworkSpec network = network_with(R"({"collectors": ["192.0.2.1"]})");
  ASSERT_TRUE(network.sflow);
  EXPECT_EQ(*network.sflow, (SflowSpec{.collectors = {*parse_collector("192.0.2.1:6343")}}));
  EXPECT_EQ(to_json(*network.sflow, Format::minimal),
            Json::parse(R"({"collectors": ["192.0.2.1:6343"]})"));
}

TEST(SflowSpec, IsWrittenAsItIsRead) {
  const Json whole = Json::parse(R"({"collectors": ["192.0.2.1:6343", "[2001:db8::1]:9000"],
    "agent": "192.0.2.9", "sampling": 100, "header_bytes": 64, "polling_seconds": 0,
    "drops_per_second": 0})");
  const NetworkSpec network = network_with(whole.dump().c_str());
  EXPECT_EQ(to_json(*network.sflow, Format::minimal), whole);
  EXPECT_EQ(to_json(network, Format::full)["sflow"], whole);
}

TEST(SflowSpec, IsNotInADocumentThatDoesNotNameIt) {
  const Json bare = {{"version", 1}, {"switches", Json::object()}};
  EXPECT_FALSE(to_json(NetworkSpec(), Format::full).contains("sflow"));
  const NetworkSpec running = network_with(R"({"collectors": ["192.0.2.1"]})");
  EXPECT_FALSE(read_document(bare).network.sflow);
  EXPECT_EQ(read_document(bare, running).network, running) << "merged, it stays";
}

TEST(SflowSpec, MergedIntoOneItChangesWhatItNames) {
  const NetworkSpec running = network_with(R"({"collectors": ["192.0.2.1"], "sampling": 10})");
  const NetworkSpec merged =
      network_with(R"({"collectors": ["192.0.2.2"], "header_bytes": 64})", running);
  EXPECT_EQ(merged.sflow->sampling, 10U);
  EXPECT_EQ(merged.sflow->header_bytes, 64U);
  EXPECT_EQ(merged.sflow->collectors.at(0).host_and_port(), "192.0.2.2:6343");
}

TEST(SflowSpec, MergedIntoOneItNeedNotNameTheCollectors) {
  const NetworkSpec running = network_with(R"({"collectors": ["192.0.2.1"], "sampling": 10})");
  const NetworkSpec merged = network_with(R"({"header_bytes": 64})", running);
  EXPECT_EQ(merged.sflow->header_bytes, 64U);
  EXPECT_EQ(merged.sflow->sampling, 10U);
  EXPECT_EQ(merged.sflow->collectors, running.sflow->collectors);
}

TEST(SflowSpec, NullIsNone) {
  const NetworkSpec running = network_with(R"({"collectors": ["192.0.2.1"]})");
  EXPECT_FALSE(network_with("null").sflow);
  EXPECT_FALSE(network_with("null", running).sflow);
}

TEST(SflowSpec, MistakesAreToldWhereTheyAre) {
  EXPECT_THAT(mistakes_in(R"({})"), ElementsAre(StartsWith("/sflow/collectors: ")));
  EXPECT_THAT(mistakes_in(R"({"collectors": []})"),
              ElementsAre("/sflow/collectors: there is none"));
  EXPECT_THAT(mistakes_in(R"({"collectors": ["192.0.2.1", "somewhere"]})"),
              ElementsAre(StartsWith("/sflow/collectors/1: ")));
  EXPECT_THAT(mistakes_in(R"({"collectors": ["192.0.2.1"], "sampling": 16777217})"),
              ElementsAre(StartsWith("/sflow/sampling: ")));
  EXPECT_THAT(mistakes_in(R"({"collectors": ["192.0.2.1"], "header_bytes": 13})"),
              ElementsAre(StartsWith("/sflow/header_bytes: ")));
  EXPECT_THAT(mistakes_in(R"({"collectors": ["192.0.2.1"], "agent": "here"})"),
              ElementsAre(StartsWith("/sflow/agent: ")));
  EXPECT_THAT(mistakes_in(R"({"collectors": ["192.0.2.1"], "rate": 1})"),
              ElementsAre(StartsWith("/sflow/rate: ")));
}

TEST(SflowPlan, HasAStepForWhatDiffers) {
  const NetworkSpec none;
  const NetworkSpec one = network_with(R"({"collectors": ["192.0.2.1"]})");
  const NetworkSpec other = network_with(R"({"collectors": ["192.0.2.2"], "sampling": 10})");
  EXPECT_THAT(lines_between(none, one), ElementsAre("+ sflow to 192.0.2.1:6343"));
  EXPECT_THAT(lines_between(one, none), ElementsAre("- sflow"));
  EXPECT_THAT(lines_between(one, one), IsEmpty());
  EXPECT_THAT(lines_between(one, other),
              ElementsAre("~ collectors of sflow: 192.0.2.1:6343 -> 192.0.2.2:6343",
                          "~ sampling of sflow: 1000 -> 10"));
}

}  // namespace sflow_test
}  // namespace tapswitch::config
