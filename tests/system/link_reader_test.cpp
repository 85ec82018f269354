// SPDX-License-Identifier: Apache-2.0
#include "switch/system/link_reader.hpp"

#include "tests/ports/tap/tap_port_fixture.hpp"
#include "tests/support/frame_builder.hpp"

namespace tapswitch {
namespace link_reader_test {

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

// Enough ports in one namespace for the reader to list its interfaces.
class LinkReaderTest : public TapPortTest {
 protected:
  void open_ports() {
    for (std::size_t i = 0; i < LinkReader::questions_before_list + 3; ++i) {
      TapOptions options = in_lab("many" + std::to_string(i));
      options.mtu = static_cast<std::uint32_t>(1000 + i);
      ports_.push_back(open(options));
      ASSERT_TRUE(ports_.back());
    }
  }

  // Asks about so many that the reader has its list.
  void read_all(LinkReader& reader) const {
    for (const auto& port : ports_) {
      EXPECT_EQ(port->read_link(reader).interface, port->interface());
    }
  }

  std::vector<std::unique_ptr<TapPort>> ports_;
};

TEST_F(LinkReaderTest, ManyPortsOfOneNamespaceAreToldApart) {
  ip("link add br0 type bridge");
  open_ports();
  ip("link set many9 down");
  LinkReader reader;
  for (int round = 0; round < 2; ++round) {
    for (std::size_t i = 0; i < ports_.size(); ++i) {
      const LinkStatus link = ports_[i]->read_link(reader);
      EXPECT_TRUE(link.is_present);
      EXPECT_EQ(link.is_up, i != 9) << i;
      EXPECT_EQ(link.mtu, 1000 + i);
      EXPECT_EQ(link.mac, ports_[i]->link().mac);
    }
  }
}

TEST_F(LinkReaderTest, PortRenamedSinceTheListWasMadeIsFound) {
  open_ports();
  LinkReader reader;
  read_all(reader);
  ip("link set many1 down");
  ip("link set many1 name other1");
  const LinkStatus link = ports_[1]->read_link(reader);
  EXPECT_EQ(link.interface, "other1");
  EXPECT_EQ(link.mtu, 1001U);
}

TEST_F(LinkReaderTest, PortMovedSinceTheListWasMadeIsFound) {
  open_ports();
  LinkReader reader;
  read_all(reader);
  const test::TemporaryNamespace other;
  ip("link set many1 netns " + other.name());
  const LinkStatus link = ports_[1]->read_link(reader);
  EXPECT_TRUE(link.is_present);
  EXPECT_FALSE(link.is_up);  // the kernel brings down what moves
  EXPECT_EQ(link.mtu, 1001U);
}

TEST_F(LinkReaderTest, PortGoneSinceTheListWasMadeIsGone) {
  open_ports();
  LinkReader reader;
  read_all(reader);
  ip("link del many1");
  EXPECT_FALSE(ports_[1]->read_link(reader).is_present);
}

TEST_F(TapPortTest, CountersAreThoseOfTheInterfaceHoweverManyAreAskedFor) {
  std::vector<std::unique_ptr<TapPort>> ports;
  for (std::size_t i = 0; i < LinkReader::questions_before_list + 3; ++i) {
    ports.push_back(open(in_ours()));
    ASSERT_TRUE(ports.back());
    FrameBuffer frame;
    for (std::size_t n = 0; n <= i; ++n) {
      test::fill(frame, test::FrameBuilder().build());
      ASSERT_EQ(ports.back()->send(frame), SendStatus::sent);
    }
  }
  LinkReader reader;
  for (std::size_t i = 0; i < ports.size(); ++i) {
    const auto counters = reader.statistics(ports[i]->link().index);
    ASSERT_TRUE(counters) << i;
    EXPECT_EQ(counters->received_frames, i + 1);
  }
  const int index = ports.back()->link().index;
  ports.pop_back();
  EXPECT_FALSE(LinkReader().statistics(index));
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
  EXPECT_TRUE(test::wait_until([&] { return port->receive(0, buffer) == ReceiveStatus::gone; }));
}

}  // namespace link_reader_test
}  // namespace tapswitch
