// SPDX-License-Identifier: Apache-2.0
// Bridges agree in the classic networks, which are told in the language of tree_lab.hpp.
#include "control/protocols/rstp_bridge.hpp"

#include <gtest/gtest.h>

#include <string>

#include "tests/protocols/tree_lab.hpp"

namespace tapswitch::test {
namespace {

using protocols::RstpOutcome;
using protocols::RstpState;
using namespace std::chrono_literals;

constexpr const char* triangle = R"(
  switch a 4096
  switch b 8192
  switch c 12288
  lan ab: a1 b1
  lan bc: b2 c1
  lan ca: c2 a2
)";

constexpr const char* ring_of_eight = R"(
  switch a 4096
  switch b 8192
  switch c 8192
  switch d 8192
  switch e 8192
  switch f 8192
  switch g 8192
  switch h 8192
  lan ab: a1 b2
  lan bc: b1 c2
  lan cd: c1 d2
  lan de: d1 e2
  lan ef: e1 f2
  lan fg: f1 g2
  lan gh: g1 h2
  lan ha: h1 a2
)";

TEST(Rstp, SinglePortForwardsAsAnEdgeAfterThreeSeconds) {
  hold(R"(
    switch a 32768
    lan x: a1
    check a root
    run 2900 ms
    check a1 designated discarding
    run 200 ms
    check a1 designated forwarding
  )");
}

TEST(Rstp, AdministrativeEdgeForwardsAtOnce) {
  TreeLab lab;
  lab.add_bridge('a', {});
  lab.say("port a1 edge");
  lab.add_lan("x", {"a1"});
  lab.say("check a1 designated forwarding");
}

TEST(Rstp, EdgeThatHearsABpduIsOneNoMore) {
  hold(R"(
    switch a 4096
    switch b 8192
    port a1 edge
    port b1 edge
    lan x: a1 b1
    run 100 ms
    check a1 designated forwarding
    check b1 root forwarding
    lan y: a2 b2
    run 100 ms
    check b2 alternate discarding
  )");
}

TEST(Rstp, TwoBridgesAgreeAtOnce) {
  hold(R"(
    switch a 4096
    switch b 8192
    lan x: a1 b1
    run 10 ms
    check a1 designated forwarding
    check b1 root forwarding
  )");
}

TEST(Rstp, ParallelLinksKeepOne) {
  hold(R"(
    switch a 4096
    switch b 8192
    lan x: a1 b1
    lan y: a2 b2
    run 20 ms
    check b1 root forwarding
    check b2 alternate discarding
    cut x
    run 10 ms
    check b2 root forwarding
    tree
  )");
}

TEST(Rstp, TriangleBlocksTheLinkFarthestFromTheRoot) {
  hold(std::string(triangle) + R"(
    run 50 ms
    check a root
    check a1 designated forwarding
    check b1 root forwarding
    check c2 root forwarding
    check b2 designated forwarding
    check c1 alternate discarding
    tree
  )");
}

TEST(Rstp, CutLinkOfATriangleIsPassedByWithinMilliseconds) {
  hold(std::string(triangle) + R"(
    run 10 s
    cut ca
    run 10 ms
    check c1 root forwarding
    tree
    mend ca
    run 4 s
    check c2 root forwarding
    check c1 alternate discarding
    tree
  )");
}

TEST(Rstp, CostsDecideOfWaysToTheRoot) {
  hold(R"(
    switch a 4096
    switch b 8192
    switch c 12288
    port c2 cost 200000
    lan ab: a1 b1
    lan bc: b2 c1
    lan ca: c2 a2
    run 50 ms
    check c1 root forwarding
    check c2 alternate discarding
    tree
  )");
}

TEST(Rstp, SquareHasOneBlockedPort) {
  hold(R"(
    switch a 4096
    switch b 8192
    switch c 12288
    switch d 16384
    lan ab: a1 b1
    lan bc: b2 c1
    lan cd: c2 d1
    lan da: d2 a2
    run 100 ms
    tree
    check c1 root forwarding
    check c2 alternate discarding
    check d1 designated forwarding
    cut ab
    run 20 ms
    tree
  )");
}

TEST(Rstp, RingOfEightConvergesAndPassesByACutLink) {
  hold(std::string(ring_of_eight) + R"(
    run 5 s
    tree
    cut ab
    run 50 ms
    tree
    mend ab
    run 5 s
    tree
    cut de
    run 50 ms
    tree
  )");
}

TEST(Rstp, TwoRingsThatShareABridge) {
  hold(std::string(triangle) + R"(
    switch d 16384
    switch e 20480
    lan cd: c3 d1
    lan de: d2 e1
    lan ec: e2 c4
    run 5 s
    tree
    check d1 root forwarding
    check e2 root forwarding
    check e1 alternate discarding
    cut cd
    run 50 ms
    tree
  )");
}

TEST(Rstp, DeadBridgeIsPassedByOnceItsHellosAreMissed) {
  hold(std::string(triangle) + R"(
    run 10 s
    kill b
    run 1 s
    check c2 root forwarding
    run 10 s
    tree
    start b
    run 5 s
    check b1 root forwarding
    tree
  )");
}

TEST(Rstp, RootThatDiesIsFollowedByTheNextBest) {
  hold(std::string(triangle) + R"(
    run 10 s
    check a root
    kill a
    run 10 s
    check b root
    check c1 root forwarding
    tree
    start a
    run 5 s
    check a root
    tree
  )");
}

TEST(Rstp, RootWhoseLinksGoIsReplacedWithinASecond) {
  hold(std::string(triangle) + R"(
    run 10 s
    cut ab
    cut ca
    run 1 s
    check b root
    check c1 root forwarding
    mend ab
    mend ca
    run 1 s
    check b1 root forwarding
    check c2 root forwarding
    tree
  )");
}

TEST(Rstp, BridgeWithTwoPortsOnALanHasABackup) {
  hold(R"(
    switch a 4096
    switch b 8192
    lan x: a1 a2 b1
    run 60 s
    check a1 designated forwarding
    check a2 backup discarding
    check b1 root forwarding
    tree
  )");
}

TEST(Rstp, LinkToOneselfIsBlocked) {
  hold(R"(
    switch a 4096
    lan x: a1 a2
    run 60 s
    check a1 designated forwarding
    check a2 backup discarding
    tree
  )");
}

TEST(Rstp, SharedLansWaitForTheForwardDelay) {
  hold(R"(
    switch a 4096
    switch b 8192
    switch c 12288
    lan x: a1 b1 c1
    lan y: a2 b2 c2
    run 60 s
    tree
    check b1 root forwarding
    check b2 alternate discarding
  )");
}

TEST(Rstp, NeighbourOf8021dIsSpokenToAsSuch) {
  hold(R"(
    switch a 4096
    slow b 8192
    switch c 12288
    lan ab: a1 b1
    lan bc: b2 c1
    lan ca: c2 a2
    run 60 s
    tree
    check a root
    check b1 root forwarding
    check c2 root forwarding
    check c1 alternate discarding
    cut ca
    run 60 s
    tree
    check c1 root forwarding
  )");
}

TEST(Rstp, LostBpdusDelayButDoNotDeceive) {
  TreeLab lab(7);
  lab.say(triangle);
  lab.say(R"(
    loss 20 %
    run 60 s
    cut ca
    run 30 s
    mend ca
    run 60 s
    loss 0 %
    run 30 s
    tree
  )");
}

}  // namespace
}  // namespace tapswitch::test
