// SPDX-License-Identifier: Apache-2.0
#include "control/metrics/network_page.hpp"

#include <gmock/gmock.h>

#include "tests/api/lab_fixture.hpp"
#include "tests/support/wait.hpp"

namespace tapswitch::test {
namespace network_page_test {

using metrics::NetworkPage;
using testing::HasSubstr;
using testing::Not;

class NetworkPageTest : public LabFixture {
 protected:
  [[nodiscard]] NetworkPage open() const {
    return NetworkPage(network_, {.version = "1.2.3", .started = {}, .sessions = 4});
  }

  [[nodiscard]] std::string page() const {
    NetworkPage page = open();
    while (page.write_some()) {
    }
    return page.text();
  }
};

TEST_F(NetworkPageTest, DaemonWithoutPortsTellsOfItself) {
  const std::string text = page();
  EXPECT_THAT(text, HasSubstr("tapswitch_build_info{version=\"1.2.3\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("tapswitch_sessions 4\n"));
  EXPECT_THAT(text, HasSubstr("tapswitch_workers 2\n"));
  EXPECT_THAT(text, HasSubstr("tapswitch_fdb_capacity_entries{switch=\"sw0\"} 16384\n"));
}

TEST_F(NetworkPageTest, PortTellsWhatItCounts) {
  add_port("p1");
  add_port("p2");
  RawStation station = station_on("p1");
  ASSERT_TRUE(station.send(FrameBuilder().from(alice).to(bob).build()));
  ASSERT_TRUE(station.send(FrameBuilder().from(group).to(bob).build()));
  const std::string of_p1 = "{switch=\"sw0\",port=\"p1\"";
  EXPECT_TRUE(wait_until([&] {
    return page().find("tapswitch_port_drops_total" + of_p1 + ",reason=\"group_source\"} 1\n") !=
           std::string::npos;
  })) << page();
  const std::string text = page();
  EXPECT_THAT(text,
              HasSubstr("tapswitch_port_receive_frames_total" + of_p1 + ",kind=\"unicast\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("tapswitch_port_receive_bytes_total" + of_p1 + "} 120\n"));
  EXPECT_THAT(text, HasSubstr("tapswitch_port_up" + of_p1 + "} 1\n"));
  EXPECT_THAT(text, HasSubstr("tapswitch_port_mtu_bytes" + of_p1 + "} 1500\n"));
  EXPECT_THAT(text, HasSubstr("tapswitch_port_fdb_entries" + of_p1 + "} 1\n"));
  EXPECT_THAT(text, HasSubstr("tapswitch_fdb_events_total{switch=\"sw0\",event=\"added\"} 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("reason=\"runt\"")));
}

TEST_F(NetworkPageTest, SwitchWithASpanningTreeTellsOfIt) {
  add_port("p1");
  EXPECT_THAT(page(), Not(HasSubstr("tapswitch_stp_root{")));
  call("switch.set", {{"name", "sw0"}, {"stp", {{"mode", "rstp"}}}});
  const std::string text = page();
  EXPECT_THAT(text, HasSubstr("tapswitch_stp_root{switch=\"sw0\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("tapswitch_stp_topology_changes_total{switch=\"sw0\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("tapswitch_stp_port_forwarding{switch=\"sw0\",port=\"p1\"} 0\n"));
}

TEST_F(NetworkPageTest, PortWhoseDeviceIsGoneIsDown) {
  add_port("p1");
  ASSERT_EQ(shell("ip -n " + lab_->name() + " link del p1"), 0);
  EXPECT_THAT(page(), HasSubstr("tapswitch_port_up{switch=\"sw0\",port=\"p1\"} 0\n"));
}

TEST_F(NetworkPageTest, PortsMayComeAndGoWhileItIsWritten) {
  for (std::size_t number = 0; number < NetworkPage::ports_a_step + 2; ++number) {
    add_port("p" + std::to_string(100 + number));
  }
  NetworkPage page = open();
  ASSERT_TRUE(page.write_some());
  call("port.remove", {{"name", "p100"}});
  call("port.remove", {{"name", "p108"}});
  add_port("p200");
  while (page.write_some()) {
  }
  EXPECT_THAT(page.text(), HasSubstr("port=\"p100\""));
  EXPECT_THAT(page.text(), Not(HasSubstr("port=\"p132\"")));
  EXPECT_THAT(page.text(), HasSubstr("port=\"p109\""));
  EXPECT_THAT(page.text(), HasSubstr("port=\"p200\""));
}

}  // namespace network_page_test
}  // namespace tapswitch::test
