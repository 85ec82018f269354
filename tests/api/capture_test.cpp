// SPDX-License-Identifier: Apache-2.0
// capture.start, capture.list and capture.stop, and what is told of captures.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "switch/system/pipe.hpp"
#include "tests/api/capture_fixture.hpp"

namespace tapswitch::test {
namespace capture_test {

TEST_F(CaptureApi, ListSaysWhatWasAskedForAndHowFarItIs) {
  const std::uint64_t id = start_to_pipe({{"ports", {"alice"}},
                                          {"direction", "out"},
                                          {"filter", "ether proto 0x88b5 or greater 10"},
                                          {"snaplen", 64}});
  send("alice");
  send("bob");
  ASSERT_TRUE(has_written(1));
  const Json told = only_capture();
  EXPECT_EQ(told["capture"], id);
  EXPECT_EQ(told["ports"], Json({"alice"}));
  EXPECT_EQ(told["switch"], nullptr);
  EXPECT_EQ(told["direction"], "out");
  EXPECT_EQ(told["snaplen"], 64);
  EXPECT_EQ(told["missed"], 0);
  EXPECT_GT(told["octets"], 60);
  EXPECT_EQ(told["ports_refused"], 0);
}

TEST_F(CaptureApi, StopEndsItAndBothEndsAreTold) {
  subscribe({{"topics", {"capture"}}});
  const std::uint64_t id = start_to_pipe();
  send("alice");
  ASSERT_TRUE(has_written(1));
  EXPECT_EQ(call("capture.stop", {{"capture", id}}), Json::object());
  ASSERT_TRUE(is_over());
  const std::vector<Json> events = heard();
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0]["event"], "started");
  EXPECT_EQ(events[0]["data"], (Json{{"capture", id}}));
  EXPECT_EQ(events[1]["event"], "ended");
  EXPECT_EQ(events[1]["data"]["frames"], 1);
  EXPECT_EQ(events[1]["data"]["why"], "stopped");
  EXPECT_EQ(refusal_kind("capture.stop", {{"capture", id}}), "not_found");
}

TEST_F(CaptureApi, PortsComeAndGoWhileItRuns) {
  start_to_pipe({{"switch", "sw0"}});
  call("port.remove", {{"name", "bob"}});
  run_posted();
  add_port("carol");
  add_port("bob");
  call("switch.add", {{"name", "sw1"}});
  add_port("dave", {{"switch", "sw1"}});
  run_posted();
  send("bob");
  send("carol");
  send("dave");
  ASSERT_TRUE(has_written(2));
}

TEST_F(CaptureApi, OnePortMayBeInSeveralAndEachEndsByItself) {
  const std::uint64_t first = start_to_pipe();
  const UniqueFd reader = std::move(reader_);
  start_to_pipe({{"count", 1}});
  send("alice");
  ASSERT_TRUE(wait_until([this] {
    run_posted();
    return call("capture.list")["captures"].size() == 1;
  }));
  EXPECT_EQ(only_capture()["capture"], first);
  send("alice");
  EXPECT_TRUE(has_written(2));
}

TEST_F(CaptureApi, DryRunChecksAllAndBeginsNothing) {
  std::vector<UniqueFd> fds;
  fds.push_back(open("/dev/null", O_WRONLY));
  const Json answer = start(std::move(fds), {{"dry_run", true}, {"filter", "tcp"}});
  EXPECT_EQ(answer["result"], (Json{{"plan", {"+ capture"}}})) << answer;
  EXPECT_TRUE(call("capture.list")["captures"].empty());
  const std::string wrong = refusal({{"dry_run", true}, {"filter", "tcp prot"}});
  EXPECT_NE(wrong.find("syntax error"), std::string::npos) << wrong;
}

TEST_F(CaptureApi, WhatCannotBeWrittenToIsRefused) {
  EXPECT_EQ(refusal(open("/dev/null", O_RDONLY)), "fd: it is not open for writing");
  EXPECT_EQ(refusal(open("/dev/null", O_PATH)), "fd: it is not open for writing");
  EXPECT_EQ(refusal(open("/dev/full", O_WRONLY)), "fd: it is a device");
  EXPECT_EQ(refusal(open("/", O_RDONLY)), "fd: it is a directory");
  EXPECT_EQ(refusal(std::move(open_pipe().reader)), "fd: it is not open for writing");
  EXPECT_EQ(refusal(UniqueFd(::socket(AF_UNIX, SOCK_STREAM, 0))), "fd: it is a socket");
  EXPECT_TRUE(call("capture.list")["captures"].empty());
}

// The daemon would have the reader's end itself, and never see it go.
TEST_F(CaptureApi, PipeThatIsOpenForReadingTooIsRefused) {
  const Pipe pipe = open_pipe();
  const std::string path = "/proc/self/fd/" + std::to_string(pipe.writer.get());
  EXPECT_EQ(refusal(open(path.c_str(), O_RDWR)), "fd: it is a pipe that is open for reading too");
  std::vector<UniqueFd> fds;
  fds.push_back(open("/dev/null", O_WRONLY));
  fds.push_back(open(path.c_str(), O_RDWR));
  const Json answer = start(std::move(fds), {{"lease", 1}});
  EXPECT_EQ(answer["error"]["data"]["field"], "lease") << answer;
}

TEST_F(CaptureApi, LeaseIsTheWritingEndOfAPipeAndNotTheFile) {
  EXPECT_EQ(refusal({{"lease", 0}}), "lease: there is no descriptor 0 for it");
  EXPECT_EQ(refusal({{"lease", 1}}), "lease: there is no descriptor 1 for it");
  std::vector<UniqueFd> fds;
  fds.push_back(open("/dev/null", O_WRONLY));
  fds.push_back(open("/dev/null", O_WRONLY));
  const Json answer = start(std::move(fds), {{"lease", 1}});
  EXPECT_EQ(answer["error"]["data"]["field"], "lease") << answer;
}

TEST_F(CaptureApi, ClientThatGoesEndsACaptureToAFileByItsLease) {
  subscribe({{"topics", {"capture"}}});
  Pipe lease = open_pipe();
  std::vector<UniqueFd> fds;
  fds.push_back(open("/dev/null", O_WRONLY));
  fds.push_back(std::move(lease.writer));
  ASSERT_TRUE(start(std::move(fds), {{"lease", 1}}).contains("result"));
  lease.reader.reset();
  ASSERT_TRUE(is_over());
  EXPECT_EQ(heard().back()["data"]["why"], "who asked for it is gone");
}

TEST_F(CaptureApi, PortsSwitchesAndFiltersThatAreNoneAreRefused) {
  EXPECT_EQ(refusal({{"ports", {"nobody"}}}), "there is no port 'nobody'");
  EXPECT_EQ(refusal({{"switch", "sw7"}}), "there is no switch 'sw7'");
  call("switch.add", {{"name", "sw1"}});
  EXPECT_EQ(refusal({{"switch", "sw1"}, {"ports", {"alice"}}}),
            "ports: port 'alice' is on switch 'sw0'");
  for (const char* filter : {"(", "tcp and", "ip6 protochain 6", "\x01", "'", "port"}) {
    EXPECT_EQ(refusal({{"filter", filter}}).rfind("filter: ", 0), 0U) << filter;
  }
  EXPECT_EQ(refusal({{"filter", std::string(1'025, ' ')}}).rfind("filter: ", 0), 0U);
  EXPECT_EQ(refusal({{"filter", std::string("arp\0x", 5)}}).rfind("filter: ", 0), 0U);
  EXPECT_EQ(refusal({{"ports", Json::array()}}), "ports: it is empty");
  EXPECT_TRUE(call("capture.list")["captures"].empty());
}

TEST_F(CaptureApi, ThereIsALimitOfCaptures) {
  for (std::size_t i = 0; i < network::Captures::most; ++i) {
    EXPECT_EQ(refusal(Json::object()), "");
  }
  EXPECT_NE(refusal(Json::object()).find("16 captures run already"), std::string::npos);
  call("capture.stop", {{"capture", 7}});
  ASSERT_TRUE(wait_until([this] {
    run_posted();
    return call("capture.list")["captures"].size() == network::Captures::most - 1;
  }));
  EXPECT_EQ(refusal(Json::object()), "");
}

TEST_F(CaptureApi, WhoCapturesByTheReadOnlySocketStopsHisOwnAlone) {
  const std::uint64_t ours = start_to_pipe();
  const Json his = start_as(1'001)["result"]["capture"];
  const auto stop_as = [this](std::uint32_t uid, const Json& id) {
    return reply("capture.stop", {{"capture", id}}, guest(uid));
  };
  for (const Json& error : {stop_as(1'001, ours), stop_as(1'002, his)}) {
    EXPECT_EQ(error["error"]["data"]["kind"], "read_only") << error;
  }
  EXPECT_EQ(call("capture.list")["captures"].size(), 2U);
  EXPECT_TRUE(stop_as(1'001, his).contains("result"));
  ASSERT_TRUE(wait_until([this] {
    run_posted();
    return call("capture.list")["captures"].size() == 1;
  }));
}

TEST_F(CaptureApi, CapturesByTheReadOnlySocketLeaveRoomForOthers) {
  for (std::uint32_t i = 0; i < network::Captures::most_of_guests; ++i) {
    EXPECT_TRUE(start_as(1'000 + i).contains("result"));
  }
  EXPECT_EQ(start_as(1'001)["error"]["data"]["kind"], "limit_reached");
  EXPECT_EQ(refusal(Json::object()), "");
}

TEST_F(CaptureApi, TheEndOfTheDaemonIsToldToReadersAndWaitsForNoneWhoStandsStill) {
  subscribe({{"topics", {"capture"}}});
  start_to_pipe();
  const auto begin = std::chrono::steady_clock::now();
  captures_.end_all();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  EXPECT_TRUE(call("capture.list")["captures"].empty());
  EXPECT_EQ(heard().back()["data"]["why"], "the daemon ends");
  send("alice");  // nobody looks any more
}

}  // namespace capture_test
}  // namespace tapswitch::test
