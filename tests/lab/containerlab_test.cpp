// SPDX-License-Identifier: Apache-2.0
#include "control/lab/containerlab.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "control/config/mistakes.hpp"
#include "control/lab/read_lab.hpp"
#include "control/lab/source.hpp"

namespace tapswitch::lab {
namespace containerlab_test {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

ImportedLab import(std::string_view yaml) {
  const Source source =
      read_source(yaml, Notation::yaml, [](const std::string&) { return std::nullopt; });
  EXPECT_THAT(source.mistakes, IsEmpty());
  return import_containerlab(source.document);
}

std::vector<std::string> texts_of(const std::vector<rpc::Problem>& problems) {
  std::vector<std::string> texts;
  for (const rpc::Problem& problem : problems) {
    texts.push_back(config::to_text(problem));
  }
  return texts;
}

// Imports a topology without mistakes, of which a lab without mistakes comes.
Json lab_of(std::string_view yaml) {
  const ImportedLab lab = import(yaml);
  EXPECT_THAT(texts_of(lab.mistakes), IsEmpty());
  EXPECT_THAT(texts_of(read_lab(lab.document, "lab").mistakes), IsEmpty());
  return lab.document;
}

TEST(Containerlab, NodesBridgesAndLinksAreThoseOfALab) {
  const Json lab = lab_of(R"(
name: office
topology:
  nodes:
    a: {kind: linux, image: alpine}
    b: {kind: linux, exec: [ip addr add 10.0.0.2/24 dev eth1]}
    br0: {kind: bridge}
    ovs0: {kind: ovs-bridge}
  links:
    - endpoints: ["a:eth1", "b:eth1"]
    - endpoints: ["a:eth2", "br0:a2"]
      mtu: 1400
    - endpoints: ["br0:up", "ovs0:up"]
)");
  EXPECT_EQ(lab, Json::parse(R"({"version": 1, "name": "office",
      "switches": {"br0": {}, "ovs0": {}},
      "nodes": {"a": {}, "b": {"commands": ["ip addr add 10.0.0.2/24 dev eth1"]}},
      "links": [{"ends": ["a:eth1", "b:eth1"]}, {"ends": ["a:eth2", "br0"], "mtu": 1400},
                {"ends": ["br0", "ovs0"]}]})"));
}

TEST(Containerlab, SettingsComeFromDefaultsKindsGroupsAndNodes) {
  const Json lab = lab_of(R"(
name: layers
topology:
  defaults: {kind: linux, env: {WHO: all, WHERE: here}}
  kinds: {linux: {sysctls: {net.ipv4.ip_forward: 1}, exec: [echo kind]}}
  groups: {routers: {env: {WHO: routers}, sysctls: {net.ipv6.conf.all.forwarding: 1}}}
  nodes:
    r1: {group: routers, exec: [echo node]}
    h1: {wait-for: [r1], sysctls: {net.ipv4.ip_forward: 0}}
)");
  EXPECT_EQ(lab["nodes"]["r1"], Json::parse(R"({
      "sysctls": {"net.ipv4.ip_forward": 1, "net.ipv6.conf.all.forwarding": 1},
      "commands": [["env", "WHO=routers", "WHERE=here", "/bin/sh", "-c", "echo kind"],
                   ["env", "WHO=routers", "WHERE=here", "/bin/sh", "-c", "echo node"]]})"));
  EXPECT_EQ(lab["nodes"]["h1"]["sysctls"], Json({{"net.ipv4.ip_forward", 0}}));
  EXPECT_EQ(lab["nodes"]["h1"]["after"], Json({"r1"}));
}

TEST(Containerlab, GroupSaysWhichKind) {
  EXPECT_TRUE(lab_of(R"(
topology:
  groups: {lans: {kind: bridge}}
  nodes: {lan: {group: lans}}
)")["switches"]
                  .contains("lan"));
}

TEST(Containerlab, LongLinksAreLinks) {
  const Json lab = lab_of(R"(
topology:
  nodes: {a: {kind: linux}, b: {kind: linux}}
  links:
    - type: veth
      mtu: 9000
      endpoints:
        - {node: a, interface: eth1, mac: '02:00:00:00:00:0a'}
        - {node: b, interface: eth1}
)");
  EXPECT_EQ(lab["links"], Json::parse(R"([{"ends": ["a:eth1", "b:eth1"], "mtu": 9000}])"));
  EXPECT_EQ(lab["nodes"]["a"]["interfaces"]["eth1"]["mac"], "02:00:00:00:00:0a");
}

TEST(Containerlab, WhatHasNoEqualIsNoted) {
  const ImportedLab lab = import(R"(
name: notes
prefix: ""
mgmt: {network: custom}
topology:
  defaults: {kind: linux, labels: {a: b}}
  nodes:
    a: {image: alpine, binds: ["x:/x"], sysctls: {kernel.pid_max: 5}}
    b: {kind: nokia_srlinux, startup-config: b.cfg}
    outside: {kind: host}
  links:
    - endpoints: ["a:eth1", "b:ethernet-1/1"]
    - endpoints: ["a:eth2", "host:tap0"]
    - {type: macvlan, endpoint: {node: a, interface: eth3}, host-interface: eth0}
    - {endpoints: ["a:eth4", "b:e1-2"], vars: {x: y}}
)");
  EXPECT_THAT(lab.mistakes, IsEmpty());
  EXPECT_EQ(lab.document["links"].size(), 2U);
  EXPECT_THAT(
      texts_of(lab.notes),
      UnorderedElementsAre(
          "/prefix: has no equal", HasSubstr("/mgmt: there is no network of management"),
          "/topology/defaults/labels: has no equal",
          HasSubstr("/topology/nodes/a/image: nodes are"), "/topology/nodes/a/binds: has no equal",
          "/topology/nodes/a/sysctls/kernel.pid_max: is not of a network namespace",
          HasSubstr("/topology/nodes/b: kind \"nokia_srlinux\": nodes are"),
          "/topology/nodes/b/startup-config: has no equal",
          HasSubstr("/topology/nodes/outside: nodes of kind host have no equal"),
          "/topology/links/0/endpoints/1: the interface is called \"ethernet-1-1\"",
          HasSubstr("/topology/links/1/endpoints/1: leads to \"host\""),
          "/topology/links/2: links of type \"macvlan\" have no equal",
          "/topology/links/3/vars: has no equal"));
}

TEST(Containerlab, WhatIsNoTopologyIsToldAllAtOnce) {
  EXPECT_THAT(texts_of(import("[1]").mistakes), ElementsAre(HasSubstr("is no topology")));
  EXPECT_THAT(
      texts_of(import(R"(
name: "not a name"
topology:
  nodes:
    "a b": {kind: linux}
    c: 5
    d: {kind: linux, exec: ls, env: [x], wait-for: [5]}
  links:
    - endpoints: ["d:eth1"]
    - endpoints: ["d:eth1", "nobody:eth1"]
    - endpoints: ["d", "d:eth2"]
)")
                   .mistakes),
      ElementsAre(HasSubstr("/name: cannot be the name"), HasSubstr("/topology/nodes/a b: "),
                  HasSubstr("/topology/nodes/c: is "), HasSubstr("/topology/nodes/d/exec: is "),
                  HasSubstr("/topology/nodes/d/env: is "),
                  HasSubstr("/topology/nodes/d/wait-for: has "),
                  HasSubstr("/topology/links/0: has no two ends"),
                  HasSubstr("/topology/links/1/endpoints/1: there is no node \"nobody\""),
                  HasSubstr("/topology/links/2/endpoints/0: is no end of a link")));
  EXPECT_THAT(texts_of(import("topology: {nodes: 5, links: 5}").mistakes),
              ElementsAre(HasSubstr("/topology/nodes: is "), HasSubstr("/topology/links: is ")));
}

TEST(Containerlab, EmptyPartsAreNone) {
  EXPECT_EQ(lab_of("topology:\n  nodes:\n    a:\n  links:\n  defaults:\n  kinds:\n"),
            Json::parse(R"({"version": 1, "switches": {}, "nodes": {"a": {}}, "links": []})"));
}

}  // namespace containerlab_test
}  // namespace tapswitch::lab
