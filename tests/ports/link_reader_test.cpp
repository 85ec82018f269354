// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/link_reader.hpp"

#include "tests/ports/tap_port_fixture.hpp"

namespace tapswitch {
namespace {

TEST_F(TapPortTest, OneReaderSeesPortsOfSeveralNamespaces) {
  const test::TemporaryNamespace other;
  TapOptions elsewhere = in_lab("there0");
  elsewhere.name_space = other.ref();
  const auto ours = open(in_ours());
  const auto here = open(in_lab("here0"));
  const auto there = open(elsewhere);
  ASSERT_TRUE(ours && here && there);
  LinkReader reader;
  for (const TapPort* port : {ours.get(), here.get(), there.get(), here.get()}) {
    const LinkStatus link = port->read_link(reader);
    EXPECT_TRUE(link.is_up);
    EXPECT_EQ(link.interface, port->interface());
  }
}

TEST_F(TapPortTest, ReaderOfMoreNamespacesThanItHoldsOpenStillSeesAll) {
  std::vector<std::unique_ptr<test::TemporaryNamespace>> name_spaces;
  std::vector<std::unique_ptr<TapPort>> ports;
  for (std::size_t i = 0; i < LinkReader::max_sockets + 2; ++i) {
    name_spaces.push_back(std::make_unique<test::TemporaryNamespace>());
    TapOptions options = in_lab();
    options.name_space = name_spaces.back()->ref();
    ports.push_back(open(options));
    ASSERT_TRUE(ports.back());
  }
  LinkReader reader;
  for (int round = 0; round < 2; ++round) {
    for (const auto& port : ports) {
      EXPECT_TRUE(port->read_link(reader).is_up);
    }
  }
}

TEST_F(TapPortTest, ReaderLeavesNoNamespaceAliveBehindIt) {
  const auto port = open(in_lab());
  ASSERT_TRUE(port);
  {
    LinkReader reader;
    EXPECT_TRUE(port->read_link(reader).is_present);
  }
  lab_->remove();
  FrameBuffer buffer;
  EXPECT_TRUE(test::wait_until([&] { return port->receive(buffer) == ReceiveStatus::gone; }));
}

}  // namespace
}  // namespace tapswitch
