// SPDX-License-Identifier: Apache-2.0
// system.info, system.shutdown, rpc.discover, and what holds for every method of the table.
#include <gtest/gtest.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <map>
#include <set>

#include "tests/api/daemon_fixture.hpp"

namespace tapswitch::test {
namespace system_test {

class SystemApi : public DaemonFixture {
 protected:
  // Everything a client can see, but for what changes by itself.
  Json everything() {
    return {{"switches", call("switch.list")},
            {"ports", call("port.list")},
            {"vlans", call("vlan.list")},
            {"stations", call("fdb.list", {{"switch", "sw0"}})},
            {"config", call("config.get", {{"format", "full"}})["switches"]},
            {"collectors", call("sflow.get")["collectors"]},
            {"log_level", log_level_}};
  }

  std::string interface_ = unique_interface_name("y");
  const Json another_switch_ = {{"version", 1}, {"switches", {{"sw1", Json::object()}}}};
  const Json station_ = {{"mac", "02:00:00:00:00:01"}, {"vlan", 1}};

  // Parameters with which each changing method would change something.
  std::map<std::string, Json> changes_by_method() {
    Json added_station = {{"mac", "02:00:00:00:00:02"}, {"vlan", 1}, {"port", "alice"}};
    return {{"switch.add", {{"name", "sw1"}}},
            {"switch.remove", {{"name", "sw0"}, {"force", true}}},
            {"switch.set", {{"name", "sw0"}, {"fdb", {{"ageing_seconds", 10}}}}},
            {"port.add", {{"name", "bob"}, {"interface", unique_interface_name("y")}}},
            {"port.remove", {{"name", "alice"}}},
            {"port.set", {{"name", "alice"}, {"mtu", 1400}, {"isolated", true}}},
            {"vlan.set", {{"vid", 10}, {"name", "office"}}},
            {"fdb.add", std::move(added_station)},
            {"fdb.remove", station_},
            {"fdb.flush", Json::object()},
            {"log.set", {{"level", "off"}}},
            {"config.apply", {{"config", another_switch_}, {"mode", "merge"}}},
            {"config.save", Json::object()},
            {"mirror.add", {{"name", "m"}, {"to_port", "alice"}}},
            {"mirror.remove", {{"name", "everything"}}},
            {"sflow.set", {{"collectors", Json::array({"192.0.2.1"})}}},
            {"sflow.clear", Json::object()},
            {"capture.start", {{"fd", 0}}},
            {"capture.stop", {{"capture", 1}}},
            {"system.hand_over", {{"fd", 0}}},
            {"system.shutdown", Json::object()}};
  }

  // Whether it has no dry run, or needs more than parameters, for capture_test.cpp.
  static bool is_of_its_own(const std::string& method) {
    const std::set<std::string> all = {"system.shutdown", "system.hand_over", "config.save",
                                       "capture.start", "capture.stop"};
    return all.contains(method);
  }

  // And what is mirrored to another port.
  void add_alice_and_her_station() {
    // Down: the kernel greets its neighbours on an interface that is up, and would be learned.
    call("port.add", {{"name", "alice"}, {"interface", interface_}, {"up", false}});
    call("port.add", {{"name", "ids"}, {"interface", unique_interface_name("i")}, {"up", false}});
    call("mirror.add", {{"name", "everything"}, {"to_port", "ids"}});
    call("sflow.set", {{"collectors", Json::array({"192.0.2.2"})}});
    Json entry = station_;
    entry["port"] = "alice";
    call("fdb.add", entry);
  }
};

TEST_F(SystemApi, InfoTellsWhatRuns) {
  call("port.add", {{"name", interface_}});
  const Json info = call("system.info");
  EXPECT_EQ(info["version"], "0.0.0");
  EXPECT_EQ(info["pid"], getpid());
  EXPECT_GE(info["uptime_seconds"], 0);
  EXPECT_EQ(info["workers"], 2);
  EXPECT_EQ(info["switches"], 1);
  EXPECT_EQ(info["ports"], 1);
  EXPECT_EQ(info["socket"], "/nowhere");
}

TEST_F(SystemApi, InfoTellsWhatTheKernelAllows) {
  utsname system{};
  ASSERT_EQ(uname(&system), 0);
  const Json info = call("system.info");
  // Root may; the daemon on its own may lack the right, see integration.service.
  EXPECT_EQ(info["kernel"], (Json{{"release", system.release}, {"namespaces", true}}));
  EXPECT_EQ(call("system.info")["kernel"], info["kernel"]);
}

TEST_F(SystemApi, InfoTellsEveryLimit) {
  EXPECT_EQ(call("system.info")["limits"], (Json{{"line_bytes", 1'048'576},
                                                 {"read_only_line_bytes", 262'144},
                                                 {"nesting", 32},
                                                 {"values", 100'000},
                                                 {"batch_requests", 256},
                                                 {"sessions", 256},
                                                 {"read_only_sessions", 256},
                                                 {"read_only_sessions_per_user", 64},
                                                 {"descriptors_per_line", 16},
                                                 {"unsent_bytes_per_session", 4'194'304},
                                                 {"unsent_event_bytes_per_session", 1'048'576},
                                                 {"unsent_bytes_per_user", 16'777'216},
                                                 {"unsent_bytes_per_socket", 67'108'864},
                                                 {"long_lines_per_user", 16},
                                                 {"long_lines_per_socket", 64},
                                                 {"deaf_seconds", 30},
                                                 {"subscriptions_per_session", 8},
                                                 {"switches", 4'096},
                                                 {"ports_per_switch", max_ports},
                                                 {"stations_per_switch", 1'048'576},
                                                 {"frame_bytes", FrameBuffer::max_frame_size},
                                                 {"mirrors_per_switch", 32},
                                                 {"sflow_collectors", 8},
                                                 {"captures", 16},
                                                 {"document_file_bytes", 16'777'216}}));
}

TEST_F(SystemApi, ShutdownBeginsTheEnd) {
  call("system.shutdown");
  EXPECT_EQ(shut_downs_, 1);
}

TEST_F(SystemApi, DryRunOfTheEndDoesNotBeginIt) {
  EXPECT_EQ(call("system.shutdown", {{"dry_run", true}})["plan"], Json::array({"- daemon"}));
  EXPECT_EQ(shut_downs_, 0);
}

TEST_F(SystemApi, OnceTheEndHasBegunEveryChangeIsRefused) {
  add_alice_and_her_station();
  const Json before = everything();
  bool is_ending = false;
  const rpc::Dispatcher ending(
      methods_, api::with_orderly_end(api::bind_all(network_, daemon_, meter_, captures_), methods_,
                                      [&] { return is_ending; }));
  const auto answer = [&](const std::string& method, const Json& params) {
    const Json request = {{"jsonrpc", "2.0"}, {"id", 1}, {"method", method}, {"params", params}};
    return Json::parse(ending.answer(request.dump(), {}).value());
  };
  EXPECT_TRUE(answer("vlan.set", {{"vid", 10}, {"name", nullptr}}).contains("result"));
  is_ending = true;
  for (const auto& [method, params] : changes_by_method()) {
    EXPECT_EQ(answer(method, params)["error"]["data"]["kind"], "shutting_down") << method;
  }
  EXPECT_EQ(everything(), before);
}

TEST_F(SystemApi, DiscoveryListsEveryMethod) {
  std::set<std::string> discovered;
  const Json document = call("rpc.discover");
  for (const Json& method : document["methods"]) {
    discovered.insert(method["name"]);
  }
  std::set<std::string> known;
  for (const rpc::Method& method : methods_) {
    known.insert(method.name);
  }
  EXPECT_EQ(discovered, known);
  EXPECT_EQ(document["info"]["version"], "0.0.0");
}

TEST_F(SystemApi, MethodsThatChangeSomethingAreThoseThatWeThinkOf) {
  std::set<std::string> changing;
  for (const rpc::Method& method : methods_) {
    if (method.changes) {
      changing.insert(method.name);
    }
  }
  std::set<std::string> thought_of;
  for (const auto& [method, params] : changes_by_method()) {
    thought_of.insert(method);
  }
  EXPECT_EQ(changing, thought_of);
}

TEST_F(SystemApi, ReadOnlyCallerIsRefusedEveryChange) {
  add_alice_and_her_station();
  const Json before = everything();
  for (const auto& [method, params] : changes_by_method()) {
    const Json answer = reply(method, params, {.is_read_only = true});
    ASSERT_TRUE(answer.contains("error")) << method << ": " << answer;
    EXPECT_EQ(answer["error"]["data"]["kind"], "read_only") << method;
  }
  EXPECT_EQ(everything(), before);
  EXPECT_EQ(shut_downs_, 0);
}

// Has room for nothing.
struct DeafOutlet final : rpc::Outlet {
  bool offer(std::string_view) override { return false; }
  void engage(std::unique_ptr<Speaker> speaker) override { its_speaker = std::move(speaker); }
  std::unique_ptr<Speaker> its_speaker;
};

TEST_F(SystemApi, ReadOnlyCallerMayAskEverythingElse) {
  add_alice_and_her_station();
  DeafOutlet outlet;
  const std::map<std::string, Json> questions = {
      {"switch.get", {{"name", "sw0"}}},
      {"port.get", {{"name", "alice"}}},
      {"frame.trace", {{"port", "alice"}, {"frame", "00"}}},
      {"config.diff", {{"config", another_switch_}}},
      {"event.subscribe", {{"topics", {"port"}}}},
      {"event.unsubscribe", {{"subscription", 1}}},
  };
  for (const rpc::Method& method : methods_) {
    if (!method.changes) {
      const auto found = questions.find(method.name);
      const Json params = found == questions.end() ? Json::object() : found->second;
      const Json answer = reply(method.name, params, {.is_read_only = true, .outlet = &outlet});
      EXPECT_TRUE(answer.contains("result")) << method.name << ": " << answer;
    }
  }
}

TEST_F(SystemApi, DryRunOfEveryChangeTellsAPlanAndChangesNothing) {
  add_alice_and_her_station();
  changes_.clear();
  const Json before = everything();
  for (auto& [method, params] : changes_by_method()) {
    if (is_of_its_own(method)) {
      continue;
    }
    Json rehearsal = params;
    rehearsal["dry_run"] = true;
    const Json result = call(method, rehearsal);
    ASSERT_EQ(result["plan"].size(), 1U) << method << ": " << result;
    EXPECT_EQ(everything(), before) << method;
  }
  EXPECT_TRUE(changes_.empty());
}

// So that the test above would see a change: each of these makes one.
TEST_F(SystemApi, WithoutDryRunEachChangeIsSeenAndLogged) {
  for (auto& [method, params] : changes_by_method()) {
    if (is_of_its_own(method)) {
      continue;
    }
    add_alice_and_her_station();
    changes_.clear();
    const Json before = everything();
    call(method, params);
    if (method == "switch.remove") {
      call("switch.add", {{"name", "sw0"}});
    }
    EXPECT_NE(everything(), before) << method;
    EXPECT_EQ(changes_.front(), method);
    // Back to the beginning.
    reply("switch.remove", {{"name", "sw1"}, {"force", true}});
    reply("switch.remove", {{"name", "sw0"}, {"force", true}});
    call("switch.add", {{"name", "sw0"}});
  }
}

TEST_F(SystemApi, DryRunRefusesWhatTheChangeWouldRefuse) {
  add_alice_and_her_station();
  const std::pair<const char*, Json> cases[] = {
      {"switch.add", {{"name", "sw0"}}},
      {"switch.remove", {{"name", "sw0"}}},
      {"switch.set", {{"name", "sw0"}, {"fdb", {{"capacity", 1}}}}},
      {"port.add", {{"name", "alice"}}},
      {"port.remove", {{"name", "bob"}}},
      {"port.set", {{"name", "alice"}, {"owner", "no-such-user"}}},
      {"vlan.set", {{"switch", "sw9"}, {"vid", 10}, {"name", "office"}}},
      {"fdb.add", {{"mac", "01:00:5e:00:00:01"}, {"vlan", 1}, {"port", "alice"}}},
      {"fdb.remove", {{"mac", "02:00:00:00:00:09"}, {"vlan", 1}}},
      {"fdb.flush", {{"port", "bob"}}},
      {"config.apply", {{"config", {{"version", 2}}}}},
  };
  for (const auto& [method, params] : cases) {
    Json rehearsal = params;
    rehearsal["dry_run"] = true;
    EXPECT_EQ(refusal_kind(method, rehearsal), refusal_kind(method, params)) << method;
  }
}

}  // namespace system_test
}  // namespace tapswitch::test
