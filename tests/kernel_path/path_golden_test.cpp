// SPDX-License-Identifier: Apache-2.0
// The golden table of the forwarding rule, against the programs of the kernel path.
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "tests/forwarding/decide_cases.hpp"
#include "tests/kernel_path/path_twin.hpp"
#include "tests/support/frame_builder.hpp"
#include "tests/support/root.hpp"

namespace tapswitch::test {
namespace path_golden_test {

Incoming incoming_of(const Sent& sent) {
  FrameBuilder builder;
  builder.from(sent.from).to(sent.to);
  for (const VlanTag& tag : sent.tags) {
    builder.tag(tag);
  }
  auto bytes = builder.build();
  bytes.resize(std::min(bytes.size(), sent.cut_to));
  return {.port = static_cast<PortIndex>(sent.in), .bytes = std::move(bytes)};
}

class KernelPath : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    TAPSWITCH_REQUIRES_ROOT();
    twin_.emplace();
    begin(GetParam());
  }

  void begin(const Case& a_case) {
    twin_->set_ports(a_case.ports, a_case.rule);
    for (const Known& known : a_case.known) {
      // Another thread may have another second: none is to be at the edge of ageing out.
      const int edge = a_case.seconds_later == 300 ? -2 : a_case.seconds_later == 301 ? 2 : 0;
      twin_->know({known.vid, known.mac}, static_cast<PortIndex>(known.port), known.kind,
                  std::chrono::seconds(a_case.seconds_later + edge));
    }
  }

  std::optional<PathTwin> twin_;
};

// Before the source is known the frame is a worker's, where the port learns; and afterwards it has
// one fate, whoever decides on it. Known unicast is decided by the path.
TEST_P(KernelPath, AgreesWithTheGoldenTable) {
  const Case& a_case = GetParam();
  const Incoming incoming = incoming_of(a_case.frame);
  const bool learns = a_case.ports[to_size(incoming.port)].learning;
  EXPECT_FALSE(learns && twin_->by_path(incoming));
  const auto first = twin_->by_worker(incoming);
  const auto decided = twin_->by_path(incoming);
  const bool is_unicast = std::string(a_case.expected).front() == 'p';
  EXPECT_EQ(decided.has_value(), is_unicast);
  if (decided) {
    EXPECT_EQ(first.exits, Exits{*decided});
  }
}

INSTANTIATE_TEST_SUITE_P(Rules, KernelPath,
                         testing::ValuesIn(decide_cases().begin(), decide_cases().end()),
                         [](const auto& a_case) { return std::string(a_case.param.name); });

}  // namespace path_golden_test
}  // namespace tapswitch::test
