// SPDX-License-Identifier: Apache-2.0
#include "control/config/schema.hpp"

#include "control/config/far_end.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tapswitch::config {
namespace schema_test {

using rpc::Problem;
using rpc::Schema;

bool accepts(const Schema& schema, const Json& value) { return schema.check(value).empty(); }

TEST(ConfigSchema, NameHas1To32OfItsCharacters) {
  for (const char* good : {"a", "sw0", "A.b_c-9", "12345678901234567890123456789012", "-", "."}) {
    EXPECT_TRUE(accepts(name_schema(), good)) << good;
  }
  const std::string with_nul{"a\0b", 3};
  for (const Json& bad : {Json(""), Json("123456789012345678901234567890123"), Json("a b"),
                          Json("a/b"), Json("\xc3\xa4"), Json(with_nul), Json(7), Json(nullptr)}) {
    EXPECT_FALSE(accepts(name_schema(), bad)) << bad;
  }
}

TEST(ConfigSchema, MacIsWrittenInThreeWays) {
  for (const char* good :
       {"02:00:00:00:00:01", "02-00-00-00-00-01", "020000000001", "FF:ff:FF:ff:FF:ff"}) {
    EXPECT_TRUE(accepts(mac_schema(), good)) << good;
  }
  for (const char* bad : {"", "02:00:00:00:00", "02:00:00:00:00:01:02", "02:00:00:00:00:0g",
                          "02:00:00-00:00:01", "02:00:00:00:00:01 "}) {
    EXPECT_FALSE(accepts(mac_schema(), bad)) << bad;
  }
}

TEST(ConfigSchema, VlanIdIs1To4094) {
  EXPECT_TRUE(accepts(vlan_id_schema(), 1));
  EXPECT_TRUE(accepts(vlan_id_schema(), 4094));
  for (const Json& bad : {Json(0), Json(4095), Json(-1), Json(1.0), Json("1"), Json(true),
                          Json(18446744073709551615U)}) {
    EXPECT_FALSE(accepts(vlan_id_schema(), bad)) << bad;
  }
}

TEST(ConfigSchema, VlanSetIsATextOrAList) {
  for (const Json& good : {Json("1-100,200"), Json(""), Json("4094"), Json("5,5-7,6"),
                           Json({1, 200, 1}), Json::array()}) {
    EXPECT_TRUE(accepts(vlan_set_schema(), good)) << good;
  }
  for (const Json& bad :
       {Json("0"), Json("4095"), Json("1-"), Json("9-5"), Json("1, 2"), Json("all"),
        Json::array({0}), Json::array({4095}), Json::array({"1"}), Json(7), Json(nullptr)}) {
    EXPECT_FALSE(accepts(vlan_set_schema(), bad)) << bad;
  }
}

struct Complaint {
  const char* name;
  Json vlan;
  const char* field;
  const char* problem;
  const char* allowed;
};

TEST(ConfigSchema, ComplaintAboutAVlanRuleTellsFieldProblemAndWhatIsAllowed) {
  const Complaint cases[] = {
      {"NoMode", Json::object(), "vlan.mode", "missing", "access, trunk, dot1q-tunnel"},
      {"ModeMisspelt",
       {{"mode", "trunc"}},
       "vlan.mode",
       R"("trunc" is unknown)",
       "access, trunk, dot1q-tunnel; did you mean trunk?"},
      {"AccessWithoutPvid", {{"mode", "access"}}, "vlan.pvid", "missing", "1..4094"},
      {"PvidTooLarge",
       {{"mode", "access"}, {"pvid", 5000}},
       "vlan.pvid",
       "5000 is out of range",
       "1..4094"},
      {"NativeOfAnAccessPort",
       {{"mode", "access"}, {"pvid", 1}, {"native", 1}},
       "vlan.native",
       "unknown field where mode is access",
       "mode, pvid, acceptable"},
      {"NativeIsText",
       {{"mode", "trunk"}, {"native", "1"}},
       "vlan.native",
       "expected an integer or null, got a string",
       "1..4094, or null for none"},
      {"AllowedIsNoSet",
       {{"mode", "trunk"}, {"allowed", "10-"}},
       "vlan.allowed",
       R"("10-" is not a valid vlan-set)",
       "VLANs of 1..4094, as \"1-100,200\" or [1, 200]"},
      {"MemberOfAllowed",
       {{"mode", "trunk"}, {"allowed", {1, 4095}}},
       "vlan.allowed[1]",
       "4095 is out of range",
       "1..4094"},
      {"EtherTypeOfATunnel",
       {{"mode", "dot1q-tunnel"}, {"pvid", 1}, {"ethertype", "0x9300"}},
       "vlan.ethertype",
       R"("0x9300" is unknown)",
       "0x88a8, 0x8100, 0x9100, 0x9200; did you mean 0x9100 or 0x9200?"},
      {"Acceptable",
       {{"mode", "trunk"}, {"acceptable", "none"}},
       "vlan.acceptable",
       R"("none" is unknown)",
       "all, tagged, untagged"},
  };
  for (const Complaint& expected : cases) {
    const std::vector<Problem> problems = vlan_schema().check(expected.vlan, "vlan");
    ASSERT_EQ(problems.size(), 1U) << expected.name;
    EXPECT_EQ(problems[0].field, expected.field) << expected.name;
    EXPECT_EQ(problems[0].problem, expected.problem) << expected.name;
    EXPECT_EQ(problems[0].allowed, expected.allowed) << expected.name;
  }
}

TEST(ConfigSchema, EveryVlanModeIsAcceptedWithAllItsFields) {
  for (const Json& good :
       {Json{{"mode", "access"}, {"pvid", 4094}, {"acceptable", "untagged"}},
        Json{{"mode", "trunk"}},
        Json{{"mode", "trunk"}, {"native", nullptr}, {"native_tagged", true}, {"allowed", "2"}},
        Json{{"mode", "dot1q-tunnel"}, {"pvid", 100}, {"ethertype", "0x8100"}}}) {
    EXPECT_TRUE(accepts(vlan_schema(), good)) << good;
  }
}

TEST(ConfigSchema, SeveralFaultsAreToldAtOnce) {
  const Json vlan = {{"mode", "trunk"}, {"native", 0}, {"allowed", "x"}, {"colour", "red"}};
  EXPECT_EQ(vlan_schema().check(vlan).size(), 3U);
}

TEST(ConfigSchema, ReservedAddressIsAWordOrOneOfTheSixteen) {
  EXPECT_TRUE(accepts(forward_reserved_schema(), {"lldp", "01-80-C2-00-00-0F", "all"}));
  for (const char* bad : {"01:80:c2:00:00:10", "02:00:00:00:00:01", "LLDP", "", "dot1x"}) {
    EXPECT_FALSE(accepts(forward_reserved_schema(), Json::array({bad}))) << bad;
  }
}

const Schema& field(const std::vector<rpc::Field>& fields, const std::string& name) {
  for (const rpc::Field& candidate : fields) {
    if (candidate.name == name) {
      return candidate.schema;
    }
  }
  throw std::out_of_range(name);
}

struct Range {
  const char* name;
  Json least;
  Json most;
};

TEST(ConfigSchema, NumbersOfAPortHaveTheirRanges) {
  std::vector<rpc::Field> fields = TapSpec::fields();
  for (const rpc::Field& each : port_fields()) {
    fields.push_back(each);
  }
  for (const Range& range : {Range{"mtu", 68, 65'521}, Range{"fdb_limit", 0, 1'048'576},
                             Range{"owner", 0, 4'294'967'294}, Range{"group", 0, 4'294'967'294},
                             Range{"namespace", 1, 2'147'483'647}}) {
    const Schema& schema = field(fields, range.name);
    EXPECT_TRUE(accepts(schema, range.least)) << range.name;
    EXPECT_TRUE(accepts(schema, range.most)) << range.name;
    EXPECT_FALSE(accepts(schema, range.least.get<std::int64_t>() - 1)) << range.name;
    EXPECT_FALSE(accepts(schema, range.most.get<std::int64_t>() + 1)) << range.name;
  }
}

TEST(ConfigSchema, InterfaceNameIsOneThatTheKernelTakesWhole) {
  const std::vector<rpc::Field> fields = TapSpec::fields();
  const Schema& schema = field(fields, "interface");
  EXPECT_TRUE(accepts(schema, "a23456789012345"));
  for (const char* bad : {"", "a234567890123456", "a b", "a/b", "a:b", "tap%d", ".", ".."}) {
    EXPECT_FALSE(accepts(schema, bad)) << bad;
  }
}

TEST(ConfigSchema, DescriptionHasAtMost255Bytes) {
  const std::vector<rpc::Field> fields = port_fields();
  EXPECT_TRUE(accepts(field(fields, "description"), std::string(255, 'x')));
  EXPECT_FALSE(accepts(field(fields, "description"), std::string(256, 'x')));
}

TEST(ConfigSchema, AtMost64AddressesAreTaken) {
  const std::vector<rpc::Field> fields = TapSpec::fields();
  EXPECT_TRUE(accepts(field(fields, "addresses"), std::vector<std::string>(64, "10.0.0.1/24")));
  EXPECT_FALSE(accepts(field(fields, "addresses"), std::vector<std::string>(65, "10.0.0.1/24")));
}

}  // namespace schema_test
}  // namespace tapswitch::config
