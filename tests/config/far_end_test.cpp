// SPDX-License-Identifier: Apache-2.0
// Reads what users say about the far ends that are sockets. TAPs and interfaces are in
// document_test.cpp, patches in patches_test.cpp.
#include "control/config/far_end.hpp"

#include <gtest/gtest.h>

#include "control/rpc/error.hpp"

namespace tapswitch::config {
namespace far_end_test {

constexpr const char* name = "vm";

FarEnd far_end_from(const Json& json) {
  FarEnd end;
  take_type(end, json);
  read(end, json, name);
  return end;
}

Json written(const FarEnd& end, Format format) {
  Json json;
  write(json, end, name, format);
  return json;
}

// Which member is complained about; empty: none is.
std::string fault_of(const Json& json, const std::string& port_name = name) {
  const auto problems = far_end_variant({}, {}).check(json);
  if (!problems.empty()) {
    return problems.front().field;
  }
  try {
    FarEnd end;
    take_type(end, json);
    read(end, json, port_name);
    return "";
  } catch (const rpc::Error& error) {
    return error.to_json()["data"]["field"];
  }
}

const Json listening = {{"type", "qemu"}, {"listen", "unix:/tmp/vm"}};
const Json connecting = {{"type", "qemu"}, {"connect", "tcp:127.0.0.1:9"}};
const Json datagrams = {{"type", "qemu"},
                        {"datagram", {{"local", "/tmp/a"}, {"remote", "/tmp/b"}}}};
const Json tunnel = {{"type", "udp"}, {"local", "0.0.0.0:10000"}, {"remote", "192.0.2.1:10001"}};
const Json overlay = {{"type", "vxlan"}, {"vni", 100}, {"remote", {"192.0.2.1"}}};
const Json door = {{"type", "vde"}, {"directory", "/tmp/vde"}};

Json with(Json json, const Json& more) {
  json.update(more);
  return json;
}

TEST(FarEnd, SocketsAreReadBackFromTheirJson) {
  const Json access = {{"owner", "root"}, {"group", "1000"}, {"socket_mode", "0660"}};
  for (const Json& json :
       {listening, connecting, datagrams, door, tunnel, with(tunnel, {{"mtu", 1500}}), overlay,
        with(overlay, {{"local", "192.0.2.9"}, {"tos", "inherit"}, {"checksum", false}}),
        with(listening, access), with(datagrams, access), with(door, access),
        with(listening, {{"mtu", 1500}}), with(connecting, {{"reconnect_seconds", 60}})}) {
    EXPECT_EQ(fault_of(json), "") << json;
    EXPECT_EQ(written(far_end_from(json), Format::minimal), json);
    EXPECT_EQ(far_end_from(written(far_end_from(json), Format::full)), far_end_from(json)) << json;
  }
}

TEST(FarEnd, DefaultOfReconnectingIsToldInFullWhereItApplies) {
  EXPECT_EQ(written(far_end_from(connecting), Format::full)["reconnect_seconds"], 1);
  EXPECT_FALSE(written(far_end_from(listening), Format::full).contains("reconnect_seconds"));
}

TEST(FarEnd, SocketModeIsOctalInThreeDigitsOrFour) {
  for (const char* mode : {"660", "0660"}) {
    EXPECT_EQ(
        written(far_end_from(with(door, {{"socket_mode", mode}})), Format::minimal)["socket_mode"],
        "0660");
  }
  for (const Json& mode : {Json("66"), Json("00660"), Json("1660"), Json("068"), Json("rw-rw----"),
                           Json(""), Json(660)}) {
    EXPECT_EQ(fault_of(with(door, {{"socket_mode", mode}})), "socket_mode") << mode;
  }
}

TEST(FarEnd, MachineIsReachedInOneWayAlone) {
  EXPECT_EQ(fault_of({{"type", "qemu"}}), "listen");
  EXPECT_EQ(fault_of(with(listening, {{"connect", "unix:/tmp/b"}})), "connect");
  EXPECT_EQ(fault_of(with(connecting, {{"datagram", datagrams["datagram"]}})), "datagram");
  EXPECT_EQ(fault_of({{"type", "qemu"}, {"datagram", {{"local", "/tmp/a"}, {"remote", "/tmp/a"}}}}),
            "datagram");
}

TEST(FarEnd, WhatSaysNothingWhereItStandsIsAMistake) {
  EXPECT_EQ(fault_of(with(listening, {{"reconnect_seconds", 5}})), "reconnect_seconds");
  for (const char* member : {"owner", "group"}) {
    EXPECT_EQ(fault_of(with(connecting, {{member, "root"}})), member);
  }
  EXPECT_EQ(fault_of({{"type", "qemu"}, {"listen", "tcp:[::1]:9"}, {"socket_mode", "0666"}}),
            "socket_mode");
}

TEST(FarEnd, TunnelsAddressesAreOfOneProgramEach) {
  const auto fault = [](const char* local, const char* remote) {
    return fault_of({{"type", "udp"}, {"local", local}, {"remote", remote}});
  };
  EXPECT_EQ(fault("127.0.0.1:1", "127.0.0.1:2"), "");
  EXPECT_EQ(fault("[::]:65535", "[2001:db8::1]:1"), "");
  // Neither is an address at all.
  for (const char* none : {"127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536", "localhost:1", "::1:1",
                           "[::1]", "[fe80::1%eth0]:1", "udp:127.0.0.1:1", ":1", ""}) {
    EXPECT_EQ(fault(none, "127.0.0.1:2"), "local") << none;
    EXPECT_EQ(fault("127.0.0.1:2", none), "remote") << none;
  }
  for (const char* group : {"224.0.0.1:1", "255.255.255.255:1", "[ff02::1]:1"}) {
    EXPECT_EQ(fault(group, "127.0.0.1:2"), "local") << group;
    EXPECT_EQ(fault("127.0.0.1:2", group), "remote") << group;
  }
  for (const char* odd : {"[::ffff:127.0.0.1]:1", "[fe80::1]:1"}) {
    EXPECT_EQ(fault(odd, "[::1]:2"), "local") << odd;
    EXPECT_EQ(fault("[::1]:2", odd), "remote") << odd;
  }
  EXPECT_EQ(fault("127.0.0.1:1", "0.0.0.0:2"), "remote");
  EXPECT_EQ(fault("[::1]:1", "[::]:2"), "remote");
  EXPECT_EQ(fault("127.0.0.1:1", "[::1]:2"), "remote");
  EXPECT_EQ(fault("[::1]:1", "127.0.0.1:2"), "remote");
  EXPECT_EQ(fault("[::1]:1", "[0::1]:1"), "remote");  // itself
  EXPECT_EQ(fault_of({{"type", "udp"}, {"local", "127.0.0.1:1"}}), "remote");
  EXPECT_EQ(fault_of({{"type", "udp"}, {"remote", "127.0.0.1:1"}}), "local");
  EXPECT_EQ(fault_of(with(tunnel, {{"mtu", 67}})), "mtu");
  EXPECT_EQ(fault_of(with(tunnel, {{"owner", "root"}})), "owner");
}

TEST(FarEnd, RemotesOfANetworkAreHostsOfOneVersionOfIp) {
  const auto fault = [](const Json& members) { return fault_of(with(overlay, members)); };
  EXPECT_EQ(fault({{"remote", {"192.0.2.1", "192.0.2.2"}}}), "");
  EXPECT_EQ(written(far_end_from(with(overlay, {{"remote", "192.0.2.1"}})), Format::minimal),
            overlay);
  EXPECT_EQ(fault({{"remote", "host"}}), "remote");
  EXPECT_EQ(fault({{"remote", {"2001:db8::1"}}, {"local", "::1"}}), "");
  for (const char* none : {"192.0.2.1:4789", "[2001:db8::1]", "host", "192.0.2", ""}) {
    EXPECT_EQ(fault({{"remote", {none}}}), "remote[0]") << none;
    EXPECT_EQ(fault({{"local", none}}), "local") << none;
  }
  for (const char* odd :
       {"239.0.0.1", "255.255.255.255", "ff02::1", "::ffff:192.0.2.1", "fe80::1"}) {
    EXPECT_EQ(fault({{"remote", {odd}}}), "remote") << odd;
    EXPECT_EQ(fault({{"local", odd}}), "local") << odd;
  }
  EXPECT_EQ(fault({{"remote", {"0.0.0.0"}}}), "remote");
  EXPECT_EQ(fault({{"remote", {"192.0.2.1", "2001:db8::1"}}}), "remote");
  EXPECT_EQ(fault({{"remote", {"192.0.2.1", "192.0.2.1"}}}), "remote");
  EXPECT_EQ(fault({{"local", "192.0.2.1"}}), "remote");
  EXPECT_EQ(fault({{"remote", Json::array()}}), "remote");
  EXPECT_EQ(fault({{"learn_remotes", true}}), "local");
  EXPECT_EQ(fault({{"learn_remotes", true}, {"local", "0.0.0.0"}}), "local");
  EXPECT_EQ(fault({{"learn_remotes", true}, {"local", "192.0.2.9"}, {"remote", Json::array()}}),
            "");
  EXPECT_EQ(fault({{"remote", {"2001:db8::1"}}, {"checksum", false}}), "checksum");
  EXPECT_EQ(fault({{"vni", 1 << 24}}), "vni");
  for (const char* none : {"0-5", "9-8", "1-65536", "1-", "-1", "1-2-3"}) {
    EXPECT_EQ(fault({{"source_ports", none}}), "source_ports") << none;
  }
}

TEST(FarEnd, TunnelsAddressesAreComparedHoweverTheyAreWritten) {
  const Json other = {{"type", "udp"}, {"local", "[0::0:1]:010"}, {"remote", "[2001:DB8::]:9"}};
  EXPECT_EQ(written(far_end_from(other), Format::minimal),
            Json({{"type", "udp"}, {"local", "[::1]:10"}, {"remote", "[2001:db8::]:9"}}));
}

TEST(FarEnd, DoorsNameLeavesRoomForItsGuests) {
  EXPECT_EQ(fault_of(door, std::string(28, 'd')), "");
  EXPECT_EQ(fault_of(door, std::string(29, 'd')), "name");
}

TEST(FarEnd, DirectoryIsAnAbsolutePathWithRoomForItsSockets) {
  EXPECT_EQ(fault_of(with(door, {{"directory", '/' + std::string(99, 'd')}})), "");
  for (const std::string& directory : {std::string("tmp/vde"), std::string(),
                                       '/' + std::string(100, 'd'), std::string("/a\0b", 4)}) {
    EXPECT_EQ(fault_of(with(door, {{"directory", directory}})), "directory") << directory;
  }
}

TEST(FarEnd, PlaceIsWhatNoOtherPortCanHave) {
  EXPECT_EQ(claim_of(far_end_from(listening))->name, "socket 'unix:/tmp/vm'");
  EXPECT_EQ(claim_of(far_end_from(datagrams))->name, "socket 'unix:/tmp/a'");
  EXPECT_EQ(claim_of(far_end_from(datagrams))->member, "datagram");
  EXPECT_EQ(claim_of(far_end_from(door))->name, "directory '/tmp/vde'");
  EXPECT_EQ(claim_of(far_end_from(tunnel))->name, "UDP socket '0.0.0.0:10000'");
  EXPECT_EQ(claim_of(far_end_from(tunnel))->member, "local");
  EXPECT_EQ(claim_of(far_end_from(overlay))->name, "VNI 100 at '0.0.0.0:4789'");
  EXPECT_EQ(claim_of(far_end_from(overlay))->member, "vni");
  EXPECT_FALSE(claim_of(far_end_from(connecting)));
}

TEST(FarEnd, SocketThatIsOpenCannotBecomeAnother) {
  for (const Json& json : {listening, connecting, datagrams, door, tunnel, overlay}) {
    const FarEnd end = far_end_from(json);
    EXPECT_TRUE(can_become(end, far_end_from(json)));
    EXPECT_FALSE(can_become(end, FarEnd()));
  }
  EXPECT_FALSE(can_become(far_end_from(door), far_end_from(with(door, {{"socket_mode", "0666"}}))));
  EXPECT_FALSE(can_become(far_end_from(listening), far_end_from(with(listening, {{"mtu", 1500}}))));
}

}  // namespace far_end_test
}  // namespace tapswitch::config
