// SPDX-License-Identifier: Apache-2.0
// arguments_test.cpp: golden tables of command lines: which call each makes, or what is wrong.
#include "tools/tapctl/line/arguments.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/api/methods.hpp"
#include "tools/terminal/usage_error.hpp"

namespace tapswitch::tapctl {
namespace arguments_test {

using Words = std::vector<std::string>;

struct Good {
  const char* name;
  Words words;
  const char* method;
  const char* params;
};

struct Bad {
  const char* name;
  Words words;
  const char* message;  // a part of it
};

// How GoogleTest shows a row.
void PrintTo(const Good& row, std::ostream* out) { *out << testing::PrintToString(row.words); }
void PrintTo(const Bad& row, std::ostream* out) { *out << testing::PrintToString(row.words); }

Call call_of(const Words& words) {
  return std::get<Call>(parse_arguments(words, api::methods()).request);
}

class CommandLineTable : public testing::TestWithParam<Good> {};

TEST_P(CommandLineTable, MakesThisCall) {
  const Call call = call_of(GetParam().words);
  EXPECT_EQ(call.method, GetParam().method);
  // Compared as values: the order of members says nothing.
  EXPECT_EQ(nlohmann::json(call.params), nlohmann::json::parse(GetParam().params));
}

// clang-format off
const Good good[] = {
    // A noun alone, and words of their own.
    {"BareNounLists", {"port"}, "port.list", "{}"},
    {"BareNounTakesOptions", {"fdb", "--vlan", "10"}, "fdb.list", R"({"vlan": 10})"},
    {"StatsGets", {"stats"}, "stats.get", "{}"},
    {"ConfigGets", {"config"}, "config.get", "{}"},
    {"Info", {"info"}, "system.info", "{}"},
    {"Shutdown", {"shutdown"}, "system.shutdown", "{}"},
    {"Discover", {"discover"}, "rpc.discover", "{}"},
    {"VerbInFull", {"system", "info"}, "system.info", "{}"},
    // The word behind the verb.
    {"Name", {"port", "get", "alice"}, "port.get", R"({"name": "alice"})"},
    {"NameAsOption", {"port", "get", "--name", "alice"}, "port.get", R"({"name": "alice"})"},
    {"NameBehindOptions", {"port", "add", "--mtu", "9000", "alice"}, "port.add", R"({"name": "alice", "mtu": 9000})"},
    {"VlanNumber", {"vlan", "set", "10", "--name", "office"}, "vlan.set", R"({"vid": 10, "name": "office"})"},
    {"VlanNameTakenAway", {"vlan", "set", "10", "--name", "none"}, "vlan.set", R"({"vid": 10, "name": null})"},
    {"StatisticsOfAPort", {"stats", "get", "alice"}, "stats.get", R"({"port": "alice"})"},
    {"Top", {"top"}, "top", "{}"},
    {"TopInAManner", {"top", "--sort", "drops", "--once", "--interval", "5"}, "top",
     R"({"sort": "drops", "interval": 5, "once": true})"},
    {"Graph", {"graph", "--stations"}, "graph", R"({"stations": true})"},
    {"Events", {"events", "port", "fdb"}, "event.subscribe", R"({"topics": ["port", "fdb"]})"},
    {"RatesOfAPort", {"stats", "rates", "--port", "alice"}, "stats.rates", R"({"port": "alice"})"},
    {"StationAdded", {"fdb", "add", "02:00:00:00:00:0a", "--vlan", "10", "--port", "alice"}, "fdb.add",
     R"({"mac": "02:00:00:00:00:0a", "vlan": 10, "port": "alice"})"},
    {"StationRemoved", {"fdb", "remove", "02:00:00:00:00:0a", "--vlan=10"}, "fdb.remove",
     R"({"mac": "02:00:00:00:00:0a", "vlan": 10})"},
    // Values by their schema.
    {"BooleanWord", {"port", "set", "a", "--learning", "no"}, "port.set", R"({"name": "a", "learning": false})"},
    {"BooleanBehindEqualsSign", {"port", "set", "a", "--learning=on"}, "port.set", R"({"name": "a", "learning": true})"},
    {"BareBooleanIsTrue", {"port", "add", "a", "--persist"}, "port.add", R"({"name": "a", "persist": true})"},
    {"BareBooleanBeforeName", {"port", "add", "--persist", "a"}, "port.add", R"({"name": "a", "persist": true})"},
    {"DashForUnderscore", {"port", "set", "a", "--fdb-limit", "5", "--dry-run"}, "port.set",
     R"({"name": "a", "fdb_limit": 5, "dry_run": true})"},
    {"NumberOfOwner", {"port", "add", "a", "--owner", "1000"}, "port.add", R"({"name": "a", "owner": 1000})"},
    {"NameOfOwner", {"port", "add", "a", "--owner", "bob"}, "port.add", R"({"name": "a", "owner": "bob"})"},
    {"NamespaceByPid", {"port", "add", "a", "--namespace", "4711"}, "port.add", R"({"name": "a", "namespace": 4711})"},
    {"NamespaceByName", {"port", "add", "a", "--namespace", "lab"}, "port.add", R"({"name": "a", "namespace": "lab"})"},
    {"ListByCommas", {"port", "add", "a", "--addresses", "10.0.0.1/24,10.0.1.1/24"}, "port.add",
     R"({"name": "a", "addresses": ["10.0.0.1/24", "10.0.1.1/24"]})"},
    {"ListByRepeating", {"port", "add", "a", "--address", "10.0.0.1/24", "--address", "fe80::1/64"}, "port.add",
     R"({"name": "a", "addresses": ["10.0.0.1/24", "fe80::1/64"]})"},
    {"EmptyList", {"port", "set", "a", "--addresses", "none"}, "port.set", R"({"name": "a", "addresses": []})"},
    {"ListOfChoices", {"switch", "add", "s", "--forward-reserved", "lldp,01:80:c2:00:00:02"}, "switch.add",
     R"({"name": "s", "forward_reserved": ["lldp", "01:80:c2:00:00:02"]})"},
    {"TextThatLooksBoolean", {"vlan", "set", "10", "--name", "true"}, "vlan.set", R"({"vid": 10, "name": "true"})"},
    {"TextThatIsAnOption", {"port", "set", "a", "--description", "--persist"}, "port.set",
     R"({"name": "a", "description": "--persist"})"},
    {"TextThatIsAnOptionBehindEqualsSign", {"port", "set", "a", "--description=--persist"}, "port.set",
     R"({"name": "a", "description": "--persist"})"},
    {"EmptyText", {"port", "set", "a", "--description", ""}, "port.set", R"({"name": "a", "description": ""})"},
    // Members of objects.
    {"MemberOfFdb", {"switch", "set", "s", "--ageing-seconds", "60"}, "switch.set",
     R"({"name": "s", "fdb": {"ageing_seconds": 60}})"},
    {"MembersOfFlood", {"port", "set", "a", "--flood-multicast", "off", "--flood-unknown-unicast=no"}, "port.set",
     R"({"name": "a", "flood": {"multicast": false, "unknown_unicast": false}})"},
    {"ObjectAsJson", {"port", "set", "a", "--flood", R"({"broadcast": false})", "--flood-multicast", "no"}, "port.set",
     R"({"name": "a", "flood": {"broadcast": false, "multicast": false}})"},
    // Short ways.
    {"AccessPort", {"port", "add", "a", "--vlan", "10"}, "port.add", R"({"name": "a", "vlan": {"mode": "access", "pvid": 10}})"},
    {"Trunk", {"port", "add", "a", "--trunk", "10,20"}, "port.add", R"({"name": "a", "vlan": {"mode": "trunk", "allowed": "10,20"}})"},
    {"TrunkRepeated", {"port", "add", "a", "--trunk", "10", "--trunk", "20-30"}, "port.add",
     R"({"name": "a", "vlan": {"mode": "trunk", "allowed": "10,20-30"}})"},
    {"TrunkOfAll", {"port", "set", "a", "--trunk", "all"}, "port.set", R"({"name": "a", "vlan": {"mode": "trunk"}})"},
    {"TrunkWithNative", {"port", "set", "a", "--trunk", "10", "--native", "5", "--native-tagged"}, "port.set",
     R"({"name": "a", "vlan": {"mode": "trunk", "allowed": "10", "native": 5, "native_tagged": true}})"},
    {"TrunkWithoutNative", {"port", "set", "a", "--trunk", "10", "--native", "none"}, "port.set",
     R"({"name": "a", "vlan": {"mode": "trunk", "allowed": "10", "native": null}})"},
    {"NewPortIsTrunkUnlessTold", {"port", "add", "a", "--native", "5"}, "port.add",
     R"({"name": "a", "vlan": {"mode": "trunk", "native": 5}})"},
    {"Tunnel", {"port", "add", "a", "--tunnel", "100", "--ethertype", "0x8100"}, "port.add",
     R"({"name": "a", "vlan": {"mode": "dot1q-tunnel", "pvid": 100, "ethertype": "0x8100"}})"},
    {"Acceptable", {"port", "add", "a", "--vlan", "10", "--acceptable", "untagged"}, "port.add",
     R"({"name": "a", "vlan": {"mode": "access", "pvid": 10, "acceptable": "untagged"}})"},
    {"VlanAsJson", {"port", "add", "a", "--vlan", R"({"mode": "access", "pvid": 7})"}, "port.add",
     R"({"name": "a", "vlan": {"mode": "access", "pvid": 7}})"},
    {"VlanByMembers", {"port", "set", "a", "--mode", "access", "--pvid", "7"}, "port.set",
     R"({"name": "a", "vlan": {"mode": "access", "pvid": 7}})"},
    {"PortAddedWithMemberOnly", {"port", "add", "a", "--allowed", "10"}, "port.add",
     R"({"name": "a", "vlan": {"mode": "trunk", "allowed": "10"}})"},
    {"MemberOfVlanAlone", {"port", "set", "a", "--native", "5"}, "port.set", R"({"name": "a", "vlan": {"native": 5}})"},
    {"MembersOfVlanAlone", {"port", "set", "a", "--allowed", "10-20", "--native", "none"}, "port.set",
     R"({"name": "a", "vlan": {"allowed": "10-20", "native": null}})"},
    {"Down", {"port", "set", "a", "--down"}, "port.set", R"({"name": "a", "up": false})"},
    {"StormLimits", {"port", "set", "a", "--storm-broadcast", "500pps", "--storm-broadcast-burst", "50", "--storm-unknown-unicast", "5%",
                     "--storm-unknown-unicast-burst", "64kb"}, "port.set",
     R"({"name": "a", "storm_control": {"broadcast": {"rate": "500pps", "burst": 50}, "unknown_unicast": {"rate": "5%", "burst": "64kb"}}})"},
    {"StormLimitOff", {"port", "set", "a", "--storm-broadcast", "off", "--storm-multicast", R"({"rate": "1mbit"})"}, "port.set",
     R"({"name": "a", "storm_control": {"broadcast": null, "multicast": {"rate": "1mbit"}}})"},
    {"StormControlOff", {"port", "set", "a", "--storm-control", "none"}, "port.set", R"({"name": "a", "storm_control": null})"},
    {"StpOfASwitch", {"switch", "set", "sw0", "--stp-mode", "rstp", "--stp-priority", "4096"}, "switch.set",
     R"({"name": "sw0", "stp": {"mode": "rstp", "priority": 4096}})"},
    {"StpOfAPort", {"port", "set", "a", "--stp-admin-edge", "--stp-path-cost", "200", "--stp-point-to-point", "no"}, "port.set",
     R"({"name": "a", "stp": {"admin_edge": true, "path_cost": 200, "point_to_point": false}})"},
    {"StpTakenBack", {"port", "set", "a", "--stp", "none"}, "port.set", R"({"name": "a", "stp": null})"},
    {"StpShown", {"stp", "sw0"}, "stp.get", R"({"switch": "sw0"})"},
    {"Unplug", {"port", "set", "a", "--unplug"}, "port.set", R"({"name": "a", "carrier": false})"},
    {"PlugIn", {"port", "set", "--plug", "a"}, "port.set", R"({"name": "a", "carrier": true})"},
    // Tracing.
    {"TraceWithDefaultSource", {"trace", "a", "ff:ff:ff:ff:ff:ff"}, "frame.trace",
     R"({"port": "a", "frame": {"src": "02:74:61:70:73:77", "dst": "ff:ff:ff:ff:ff:ff"}})"},
    {"TraceTagged", {"trace", "a", "02:00:00:00:00:02", "--src", "02:00:00:00:00:03", "--vlan", "10", "--ethertype", "0x86dd"},
     "frame.trace",
     R"({"port": "a", "frame": {"src": "02:00:00:00:00:03", "dst": "02:00:00:00:00:02", "vlan": 10, "ethertype": 34525}})"},
    {"TraceOfBytes", {"trace", "a", "--frame", "ffffffffffff0200000000010800"}, "frame.trace",
     R"({"port": "a", "frame": "ffffffffffff0200000000010800"})"},
    {"TraceOfDigitsOnly", {"trace", "a", "--frame", "0200000000010200000000020800"}, "frame.trace",
     R"({"port": "a", "frame": "0200000000010200000000020800"})"},
    // Any method.
    {"Call", {"call", "port.get", R"({"name": "a"})"}, "port.get", R"({"name": "a"})"},
    {"CallWithoutParameters", {"call", "port.list"}, "port.list", "{}"},
    {"CallOfUnknownMethod", {"call", "x.y", R"({"z": [1]})"}, "x.y", R"({"z": [1]})"},
    // Options of every command stand anywhere.
    {"CommonOptionsFirst", {"--json", "--socket", "/s", "port", "get", "a"}, "port.get", R"({"name": "a"})"},
    {"CommonOptionsBetweenTheWords", {"port", "--json", "--socket", "/s", "--exact", "get", "--no-color", "a"}, "port.get",
     R"({"name": "a"})"},
    {"CommonOptionsBehindAWordOfItsOwn", {"trace", "--json", "--socket=/s", "a", "ff:ff:ff:ff:ff:ff"}, "frame.trace",
     R"({"port": "a", "frame": {"src": "02:74:61:70:73:77", "dst": "ff:ff:ff:ff:ff:ff"}})"},
    {"CommonOptionsBehindABareNoun", {"fdb", "--json", "--vlan", "10"}, "fdb.list", R"({"vlan": 10})"},
    {"CommonOptionTwice", {"--json", "port", "list", "--json"}, "port.list", "{}"},
    {"ShowIsList", {"port", "show"}, "port.list", "{}"},
    {"ShowOfOneIsGet", {"port", "show", "a"}, "port.get", R"({"name": "a"})"},
    {"ShowOfWhatCannotBeListed", {"config", "show"}, "config.get", "{}"},
    {"LsIsList", {"fdb", "ls"}, "fdb.list", "{}"},
    {"DeleteIsRemove", {"port", "delete", "a"}, "port.remove", R"({"name": "a"})"},
    {"DelIsRemove", {"switch", "del", "a"}, "switch.remove", R"({"name": "a"})"},
    {"RmIsRemove", {"port", "rm", "a"}, "port.remove", R"({"name": "a"})"},
    {"CreateIsAdd", {"switch", "create", "a"}, "switch.add", R"({"name": "a"})"},
    {"InfoIsGet", {"port", "info", "a"}, "port.get", R"({"name": "a"})"},
    {"StatusIsGet", {"port", "status", "a"}, "port.get", R"({"name": "a"})"},
    {"ListIsItsBeginning", {"po", "l"}, "port.list", "{}"},
    {"BeginningOfANoun", {"vl"}, "vlan.list", "{}"},
    {"BeginningOfAnAlias", {"inf"}, "system.info", "{}"},
    {"JsonByItsLetter", {"port", "-j", "get", "a"}, "port.get", R"({"name": "a"})"},
    {"CommonOptionsLast", {"port", "get", "a", "--no-color", "--socket=/s"}, "port.get", R"({"name": "a"})"},
};

const Bad bad[] = {
    {"NoCommand", {}, "a command is missing"},
    {"UnknownNoun", {"prot"}, "there is no command \"prot\"; did you mean 'port'?"},
    {"UnknownVerb", {"port", "gte", "a"}, "'port' has no verb \"gte\"; did you mean 'get'?"},
    {"BeginningOfSeveralNouns", {"s"}, "\"s\" may be one of system, switch, "},
    {"BeginningOfTheEnd", {"shut"}, "there is no command \"shut\""},
    {"StopIsNoShutdown", {"system", "stop"}, "'system' has no verb \"stop\""},
    {"BeginningOfLab", {"la"}, "there is no command \"la\""},
    {"DeleteWhereNothingIsRemoved", {"stats", "delete"}, "'stats' has no verb \"delete\" (it has: get, rates)"},
    {"VerbMissing", {"frame"}, "'frame' needs a verb: trace"},
    {"UnknownOption", {"port", "set", "a", "--vlna", "10"}, "there is no option --vlna; did you mean '--vlan'"},
    {"AbbreviatedOption", {"port", "set", "a", "--descr", "x"}, "there is no option --descr"},
    {"ValueMissing", {"port", "set", "a", "--mtu"}, "mtu"},
    {"NameMissing", {"port", "add"}, "NAME: missing (allowed: 1 to 32 of A-Z a-z 0-9 . _ -)"},
    {"NameTwice", {"port", "get", "a", "--name", "b"}, "--name is given more than once"},
    {"OneWordTooMany", {"port", "get", "a", "b"}, "\"b\" is one word too many for 'port get'"},
    {"OptionTwice", {"port", "set", "a", "--mtu", "100", "--mtu", "200"}, "--mtu is given more than once"},
    {"OutOfRange", {"port", "set", "a", "--mtu", "5"}, "--mtu: 5 is out of range (allowed: 68..65521)"},
    {"NoNumber", {"port", "set", "a", "--mtu", "big"}, "--mtu: "},
    {"NumberWithRest", {"port", "set", "a", "--mtu", "100x"}, "--mtu: "},
    {"NumberTooLargeToRead", {"port", "set", "a", "--mtu", "99999999999999999999"}, "--mtu: "},
    {"NoBoolean", {"port", "set", "a", "--learning=perhaps"}, "--learning: "},
    {"BadAddress", {"port", "add", "a", "--address", "10.0.0.1/24,x"}, "--address"},
    {"UnknownWord", {"port", "list", "--state", "upp"}, "(allowed: up, down, no_carrier, lost; did you mean up?)"},
    {"AccessVlanOutOfRange", {"port", "add", "a", "--vlan", "5000"}, "--vlan: 5000 is out of range (allowed: 1..4094)"},
    {"TunnelOutOfRange", {"port", "add", "a", "--tunnel", "0"}, "--tunnel: 0 is out of range"},
    {"BadTrunk", {"port", "add", "a", "--trunk", "20-10"}, "--trunk: "},
    {"NativeOutOfRange", {"port", "add", "a", "--native", "4095"}, "--native: "},
    {"AccessAndTrunk", {"port", "add", "a", "--vlan", "10", "--trunk", "20"}, "--trunk contradicts --vlan: both set vlan.mode"},
    {"PlugAndUnplug", {"port", "set", "a", "--plug", "--unplug"}, "--plug contradicts --unplug: both set carrier"},
    {"UpAndDown", {"port", "set", "a", "--up", "--down"}, "--up contradicts --down: both set up"},
    {"ModeNotGuessedInJson", {"port", "set", "a", "--vlan", R"({"native": 5})"}, "--vlan, --trunk, --tunnel or --mode: missing"},
    {"MemberAloneOutOfRange", {"port", "set", "a", "--native", "4095"}, "--native: 4095 is out of range (allowed: 1..4094"},
    {"BesideMemberAloneOutOfRange", {"port", "set", "a", "--native", "5", "--mtu", "5"}, "--mtu: 5 is out of range"},
    {"VlanIsNoJson", {"port", "add", "a", "--vlan", "{"}, "--vlan: "},
    {"FloodIsNoJson", {"port", "add", "a", "--flood", "all"}, "--flood: "},
    {"WholeAndPartOfFlood", {"port", "set", "a", "--flood", R"({"broadcast": false})", "--flood-broadcast", "no"},
     "--flood-broadcast contradicts --flood: both set flood.broadcast"},
    {"StormRateWithoutUnit", {"port", "add", "a", "--storm-broadcast", "500"}, "--storm-broadcast: "},
    {"StormBurstWithoutRate", {"port", "set", "a", "--storm-multicast-burst", "5"}, "--storm-multicast: missing"},
    {"StormLimitOffWithBurst", {"port", "set", "a", "--storm-multicast", "off", "--storm-multicast-burst", "5"}, "--storm-multicast-burst"},
    {"NullAndValue", {"port", "add", "a", "--vlan", R"({"mode": "trunk", "native": null})", "--native", "5"},
     "--native contradicts --vlan: both set vlan.native"},
    {"BytesAndDestination", {"trace", "a", "02:00:00:00:00:02", "--frame", "0200"},
     "DST cannot stand beside --frame, which gives the whole frame"},
    {"BytesAndSource", {"trace", "a", "--src", "02:00:00:00:00:02", "--frame", "0200"},
     "--src cannot stand beside --frame, which gives the whole frame"},
    {"BytesAreNoHex", {"trace", "a", "--frame", "zz"}, "--frame: \"zz\" is not a valid hex (allowed: bytes in hex,"},
    {"OptionBehindDoubleDash", {"port", "set", "a", "--", "--persist"}, "\"--persist\" is one word too many"},
    {"TextIsNoUtf8", {"port", "set", "a", "--description", "\xff\xfe"}, "--description: "},
    {"NameIsNoUtf8", {"port", "get", "\xff"}, "is not UTF-8"},
    {"MethodIsNoUtf8", {"call", "\xff"}, "is not UTF-8"},
    {"StatisticsOfTwoPorts", {"stats", "get", "a", "b"}, "\"b\" is one word too many for 'stats get'"},
    {"TraceWithoutDestination", {"trace", "a"}, "DST: missing"},
    {"StationWithoutVlan", {"fdb", "remove", "02:00:00:00:00:0a"}, "--vlan: missing"},
    {"CallWithoutMethod", {"call"}, "'call' needs a method"},
    {"CallWithBadJson", {"call", "port.get", "{name: 1}"}, "the parameters are no JSON"},
    {"CallWithKeyTwice", {"call", "port.get", R"({"name": 1, "name": 2})"}, "the parameters are no JSON"},
    {"SocketWithoutPath", {"--socket"}, "socket"},
};
// clang-format on

template <class Row>
std::string row_name(const testing::TestParamInfo<Row>& row) {
  return row.param.name;
}

INSTANTIATE_TEST_SUITE_P(Arguments, CommandLineTable, testing::ValuesIn(good), row_name<Good>);

class WrongUsageTable : public testing::TestWithParam<Bad> {};

TEST_P(WrongUsageTable, IsRefused) {
  try {
    parse_arguments(GetParam().words, api::methods());
    ADD_FAILURE() << "is taken for right";
  } catch (const UsageError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr(GetParam().message));
  }
}

INSTANTIATE_TEST_SUITE_P(Arguments, WrongUsageTable, testing::ValuesIn(bad), row_name<Bad>);

TEST(Arguments, CommonOptionsAreUnderstoodBeforeAndBehindTheCommand) {
  for (const Words& words :
       {Words{"--socket", "/s", "--json", "--exact", "--no-color", "port"},
        Words{"port", "--json", "--no-color", "--exact", "--socket=/s"},
        Words{"port", "--json", "--no-color", "--exact", "list", "--socket", "/s"}}) {
    const Manner manner = parse_arguments(words, api::methods()).manner;
    EXPECT_EQ(manner.socket, "/s");
    EXPECT_TRUE(manner.json);
    EXPECT_TRUE(manner.exact);
    EXPECT_FALSE(manner.colour);
  }
}

TEST(Arguments, WithoutCommonOptionsColourIsWelcomeAndJsonIsNot) {
  const Manner manner = parse_arguments({"port"}, api::methods()).manner;
  EXPECT_EQ(manner.socket, std::nullopt);
  EXPECT_FALSE(manner.json);
  EXPECT_FALSE(manner.exact);
  EXPECT_TRUE(manner.colour);
}

TEST(Arguments, CallWithDashReadsItsParametersLater) {
  EXPECT_TRUE(call_of({"call", "port.get", "-"}).reads_stdin);
  EXPECT_FALSE(call_of({"call", "port.get"}).reads_stdin);
}

TEST(Arguments, UsageErrorOfACommandNamesItsHelp) {
  try {
    parse_arguments({"port", "add", "--nothing"}, api::methods());
    ADD_FAILURE() << "is taken for right";
  } catch (const UsageError& error) {
    EXPECT_EQ(error.command(), "port add");
  }
}

TEST(Arguments, UsageErrorWithoutAVerbNamesTheHelpOfTheFirstWord) {
  for (const Words& words :
       {Words{"port", "shwo"}, Words{"frame"}, Words{"call"}, Words{"call", "x.y", "--bogus"}}) {
    try {
      parse_arguments(words, api::methods());
      ADD_FAILURE() << "is taken for right";
    } catch (const UsageError& error) {
      EXPECT_EQ(error.command(), words.front());
    }
  }
}

TEST(Arguments, OnlyAPartOfAVlanSettingKeepsItsMode) {
  EXPECT_TRUE(call_of({"port", "set", "a", "--native", "5"}).keeps_vlan_mode);
  EXPECT_TRUE(call_of({"port", "set", "a", "--acceptable", "tagged"}).keeps_vlan_mode);
  EXPECT_FALSE(call_of({"port", "set", "a", "--trunk", "10", "--native", "5"}).keeps_vlan_mode);
  EXPECT_FALSE(call_of({"port", "set", "a", "--mtu", "1400"}).keeps_vlan_mode);
  EXPECT_FALSE(call_of({"port", "add", "a", "--native", "5"}).keeps_vlan_mode);
}

TEST(Arguments, DescriptorGoesWithTheCallAndIsItsFirst) {
  const Call call = call_of({"port", "add", "a", "--fd", "7"});
  EXPECT_EQ(call.descriptors, std::vector{7});
  EXPECT_EQ(call.params.at("fd"), 0);
  EXPECT_EQ(call_of({"system", "hand_over", "--fd", "3"}).descriptors, std::vector{3});
  EXPECT_TRUE(call_of({"port", "add", "a"}).descriptors.empty());
}

TEST(Arguments, ProblemIsToldInTheWordsOfThePerson) {
  const Call call = call_of({"port", "add", "a", "--vlan", "10", "--address", "10.0.0.1/24"});
  EXPECT_EQ(spelled(call.spelling, "vlan.pvid"), "--vlan");
  EXPECT_EQ(spelled(call.spelling, "addresses[1]"), "--address");
  EXPECT_EQ(spelled(call.spelling, "name"), "NAME");
  EXPECT_EQ(spelled(call.spelling, "flood.multicast"), "--flood-multicast");
  EXPECT_EQ(spelled(call.spelling, "something.new"), "something.new");
  EXPECT_EQ(spelled(call.spelling, ""), "");
}

}  // namespace arguments_test
}  // namespace tapswitch::tapctl
