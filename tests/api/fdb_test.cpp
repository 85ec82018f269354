// SPDX-License-Identifier: Apache-2.0
// fdb.list, .add, .remove and .flush.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "tests/api/lab_fixture.hpp"
#include "tests/support/wait.hpp"

namespace tapswitch::test {
namespace fdb_test {

class FdbApi : public LabFixture {
 protected:
  static std::string mac(unsigned n) { return MacAddress(0x0200'0000'0000 + n).to_string(); }

  Json add(unsigned n, VlanId vlan, const std::string& port) {
    return call("fdb.add", {{"mac", mac(n)}, {"vlan", vlan}, {"port", port}});
  }

  Json entries(const Json& params = Json::object()) { return call("fdb.list", params)["entries"]; }

  // The addresses of the entries that a filter leaves.
  std::multiset<std::string> macs(const Json& params = Json::object()) {
    std::multiset<std::string> found;
    for (const Json& entry : entries(params)) {
      found.insert(entry["mac"]);
    }
    return found;
  }

  // Lets the station 'source' be learned on 'port', and waits until it is.
  void hear(MacAddress source, const std::string& port) {
    RawStation station = station_on(port);
    ASSERT_TRUE(station.send(FrameBuilder().from(source).to(broadcast).build()));
    ASSERT_TRUE(wait_until([&] { return !entries({{"mac", source.to_string()}}).empty(); }));
  }
};

using Macs = std::multiset<std::string>;

TEST_F(FdbApi, StaticEntryIsListedAsItWasAdded) {
  add_port("a");
  const Json expected = {
      {"mac", mac(1)}, {"vlan", 10}, {"port", "a"}, {"kind", "static"}, {"age_seconds", 0}};
  EXPECT_EQ(add(1, 10, "a"), expected);
  EXPECT_EQ(entries(), Json::array({expected}));
  EXPECT_EQ(call("port.get", {{"name", "a"}})["stations"], 1);
}

TEST_F(FdbApi, StationThatIsHeardIsDynamic) {
  add_port("a");
  hear(alice, "a");
  const Json answer = entries();
  ASSERT_EQ(answer.size(), 1U);
  EXPECT_EQ(answer[0]["mac"], alice.to_string());
  EXPECT_EQ(answer[0]["vlan"], 1);
  EXPECT_EQ(answer[0]["port"], "a");
  EXPECT_EQ(answer[0]["kind"], "dynamic");
  EXPECT_LE(answer[0]["age_seconds"], 60);
}

TEST_F(FdbApi, StaticEntrySurvivesTheAgeingTimeWhileALearnedOneDoesNot) {
  add_port("a");
  hear(alice, "a");
  add(1, 1, "a");
  tick(std::chrono::steady_clock::now() + std::chrono::hours(1));
  EXPECT_EQ(macs(), Macs{mac(1)});
}

TEST_F(FdbApi, StaticEntryTakesThePlaceOfALearnedOneAndDoesNotMove) {
  add_port("a");
  add_port("b");
  hear(alice, "a");
  call("fdb.add", {{"mac", alice.to_string()}, {"vlan", 1}, {"port", "b"}});
  RawStation sender = station_on("a");
  RawStation receiver = station_on("b");
  ASSERT_TRUE(sender.send(FrameBuilder().from(alice).to(broadcast).build()));
  ASSERT_TRUE(receiver.receive());
  ASSERT_EQ(entries().size(), 1U);
  EXPECT_EQ(entries()[0]["port"], "b");
  EXPECT_EQ(entries()[0]["kind"], "static");
}

TEST_F(FdbApi, EntryAddedAgainGoesToTheOtherPort) {
  add_port("a");
  add_port("b");
  add(1, 1, "a");
  add(1, 1, "b");
  ASSERT_EQ(entries().size(), 1U);
  EXPECT_EQ(entries()[0]["port"], "b");
  const Json document = call("config.get")["switches"]["sw0"]["fdb"]["static"];
  ASSERT_EQ(document.size(), 1U);
  EXPECT_EQ(document[0]["port"], "b");
}

struct BadEntry {
  const char* name;
  Json params;
  const char* kind;
  const char* field;
};

TEST_F(FdbApi, BadEntryIsRefused) {
  add_port("a", {{"vlan", {{"mode", "access"}, {"pvid", 10}}}});
  const BadEntry cases[] = {
      {"Group",
       {{"mac", "01:00:5e:00:00:01"}, {"vlan", 10}, {"port", "a"}},
       "invalid_params",
       "mac"},
      {"Broadcast",
       {{"mac", "ff:ff:ff:ff:ff:ff"}, {"vlan", 10}, {"port", "a"}},
       "invalid_params",
       "mac"},
      {"Zero",
       {{"mac", "00:00:00:00:00:00"}, {"vlan", 10}, {"port", "a"}},
       "invalid_params",
       "mac"},
      {"VlanNotCarried", {{"mac", mac(1)}, {"vlan", 11}, {"port", "a"}}, "invalid_params", "vlan"},
      {"VlanOutOfRange",
       {{"mac", mac(1)}, {"vlan", 4095}, {"port", "a"}},
       "invalid_params",
       "vlan"},
      {"NoVlan", {{"mac", mac(1)}, {"port", "a"}}, "invalid_params", "vlan"},
      {"NoSuchPort", {{"mac", mac(1)}, {"vlan", 10}, {"port", "b"}}, "not_found", ""},
  };
  for (const BadEntry& bad : cases) {
    const Json error = refuse("fdb.add", bad.params);
    EXPECT_EQ(error["data"]["kind"], bad.kind) << bad.name << ": " << error;
    if (*bad.field != '\0') {
      EXPECT_EQ(error["data"]["field"], bad.field) << bad.name << ": " << error;
    }
  }
  EXPECT_EQ(entries(), Json::array());
}

TEST_F(FdbApi, FullTableRefusesAFurtherStaticEntry) {
  call("switch.add", {{"name", "sw1"}, {"fdb", {{"capacity", 1}}}});
  add_port("a", {{"switch", "sw1"}});
  add(1, 1, "a");
  const Json error = refuse("fdb.add", {{"mac", mac(2)}, {"vlan", 1}, {"port", "a"}});
  EXPECT_EQ(error["data"]["kind"], "limit_reached");
  EXPECT_EQ(error["data"]["limit"], 1);
  EXPECT_EQ(refuse("fdb.add", {{"mac", mac(2)}, {"vlan", 1}, {"port", "a"}, {"dry_run", true}}),
            error);
  EXPECT_EQ(macs({{"switch", "sw1"}}), Macs{mac(1)});
  EXPECT_EQ(call("config.get")["switches"]["sw1"]["fdb"]["static"].size(), 1U);
}

TEST_F(FdbApi, FullTableHasRoomForAStationItKnows) {
  call("switch.add", {{"name", "sw1"}, {"fdb", {{"capacity", 1}}}});
  add_port("a", {{"switch", "sw1"}});
  add_port("b", {{"switch", "sw1"}});
  add(1, 1, "a");
  call("fdb.add", {{"mac", mac(1)}, {"vlan", 1}, {"port", "b"}, {"dry_run", true}});
  add(1, 1, "b");
  EXPECT_EQ(entries({{"switch", "sw1"}})[0]["port"], "b");
}

TEST_F(FdbApi, ListIsFilteredByEachOfItsFields) {
  add_port("a");
  add_port("b");
  add(1, 1, "a");
  add(1, 10, "a");
  add(2, 10, "b");
  hear(bob, "b");
  EXPECT_EQ(macs(), (Macs{mac(1), mac(1), mac(2), bob.to_string()}));
  EXPECT_EQ(macs({{"mac", mac(1)}}), (Macs{mac(1), mac(1)}));
  EXPECT_EQ(macs({{"vlan", 10}}), (Macs{mac(1), mac(2)}));
  EXPECT_EQ(macs({{"port", "b"}}), (Macs{mac(2), bob.to_string()}));
  EXPECT_EQ(macs({{"kind", "dynamic"}}), Macs{bob.to_string()});
  EXPECT_EQ(macs({{"kind", "static"}, {"port", "b"}}), Macs{mac(2)});
  EXPECT_EQ(macs({{"vlan", 4094}}), Macs{});
  EXPECT_EQ(refusal_kind("fdb.list", {{"port", "c"}}), "not_found");
}

TEST_F(FdbApi, PortNamesItsSwitch) {
  call("switch.add", {{"name", "sw1"}});
  add_port("a", {{"switch", "sw1"}});
  add(1, 1, "a");
  EXPECT_EQ(macs({{"port", "a"}}), Macs{mac(1)});
  EXPECT_EQ(refuse("fdb.list", {{"port", "a"}, {"switch", "sw0"}})["data"]["field"], "switch");
}

TEST_F(FdbApi, PageByPageEachEntryComesExactlyOnce) {
  add_port("a");
  std::map<std::string, int> seen;
  for (unsigned n = 1; n <= 50; ++n) {
    add(n, 1, "a");
    seen[mac(n)] = 0;
  }
  Json cursor = 0;
  int pages = 0;
  do {
    const Json page = call("fdb.list", {{"limit", 1}, {"cursor", cursor}});
    ASSERT_LE(page["entries"].size(), 1U);
    for (const Json& entry : page["entries"]) {
      ++seen[entry["mac"]];
    }
    cursor = page["next_cursor"];
    ASSERT_LE(++pages, 100);
  } while (!cursor.is_null());
  EXPECT_EQ(seen.size(), 50U);
  for (const auto& [address, times] : seen) {
    EXPECT_EQ(times, 1) << address;
  }
}

TEST_F(FdbApi, CursorBehindTheEndGivesAnEmptyLastPage) {
  add_port("a");
  add(1, 1, "a");
  const Json page = call("fdb.list", {{"cursor", 0x7fff'ffff}});
  EXPECT_EQ(page["entries"], Json::array());
  EXPECT_EQ(page["next_cursor"], nullptr);
}

TEST_F(FdbApi, RemovedEntryIsGoneAndRemovedOnce) {
  add_port("a");
  add(1, 1, "a");
  call("fdb.remove", {{"mac", mac(1)}, {"vlan", 1}});
  EXPECT_EQ(entries(), Json::array());
  EXPECT_EQ(refusal_kind("fdb.remove", {{"mac", mac(1)}, {"vlan", 1}}), "not_found");
  EXPECT_FALSE(call("config.get")["switches"]["sw0"].contains("fdb"));
}

TEST_F(FdbApi, StationIsRemovedInItsVlanOnly) {
  add_port("a");
  add(1, 1, "a");
  add(1, 10, "a");
  call("fdb.remove", {{"mac", mac(1)}, {"vlan", 10}});
  ASSERT_EQ(entries().size(), 1U);
  EXPECT_EQ(entries()[0]["vlan"], 1);
}

TEST_F(FdbApi, FlushTakesWhatMatchesAndTellsHowMany) {
  struct Flush {
    const char* name;
    Json params;
    int removed;
    Macs left;
  };
  add_port("a");
  add_port("b");
  const Flush cases[] = {
      {"Port", {{"port", "a"}}, 2, {mac(3), mac(4)}},
      {"Vlan", {{"vlan", 10}}, 2, {mac(1), mac(3)}},
      {"PortAndVlan", {{"port", "a"}, {"vlan", 10}}, 1, {mac(1), mac(3), mac(4)}},
      {"Dynamic", {{"kind", "dynamic"}}, 0, {mac(1), mac(2), mac(3), mac(4)}},
      {"Static", {{"kind", "static"}}, 4, {}},
      {"Everything", Json::object(), 4, {}},
  };
  for (const Flush& flush : cases) {
    call("fdb.flush");
    add(1, 1, "a");
    add(2, 10, "a");
    add(3, 1, "b");
    add(4, 10, "b");
    EXPECT_EQ(call("fdb.flush", flush.params)["removed"], flush.removed) << flush.name;
    EXPECT_EQ(macs(), flush.left) << flush.name;
    // An entry that is flushed is not configured any more either.
    const Json home = call("config.get", {{"format", "full"}})["switches"]["sw0"];
    EXPECT_EQ(home["fdb"].value("static", Json::array()).size(), flush.left.size()) << flush.name;
  }
}

TEST_F(FdbApi, FlushOfDynamicEntriesLeavesTheStaticOnes) {
  add_port("a");
  hear(alice, "a");
  add(1, 1, "a");
  EXPECT_EQ(call("fdb.flush", {{"kind", "dynamic"}})["removed"], 1);
  EXPECT_EQ(macs(), Macs{mac(1)});
}

TEST_F(FdbApi, StaticEntriesGoWithTheirPort) {
  add_port("a");
  add_port("b");
  add(1, 1, "a");
  add(2, 1, "b");
  call("port.remove", {{"name", "a"}});
  EXPECT_EQ(macs(), Macs{mac(2)});
  EXPECT_EQ(call("config.get")["switches"]["sw0"]["fdb"]["static"].size(), 1U);
}

TEST_F(FdbApi, PortWithALimitLearnsNoMoreStations) {
  add_port("a", {{"fdb_limit", 1}});
  hear(alice, "a");
  RawStation station = station_on("a");
  ASSERT_TRUE(station.send(FrameBuilder().from(bob).to(broadcast).build()));
  EXPECT_TRUE(wait_until(
      [this] { return call("stats.get")["switches"]["sw0"]["fdb_refused_port_full"] == 1; }));
  EXPECT_EQ(macs(), Macs{alice.to_string()});
}

}  // namespace fdb_test
}  // namespace tapswitch::test
