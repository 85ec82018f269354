// SPDX-License-Identifier: Apache-2.0
#include "switch/sampling/exporter.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/support/frame_builder.hpp"
#include "tests/support/wait.hpp"

namespace tapswitch::test {
namespace exporter_test {

// A socket to which datagrams are sent.
class Collector {
 public:
  Collector() : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in any{};
    any.sin_family = AF_INET;
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&any), sizeof any), 0);
    socklen_t size = sizeof any;
    EXPECT_EQ(::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&any), &size), 0);
    address_ = SocketAddress::parse(fmt::format("tcp:127.0.0.1:{}", ntohs(any.sin_port)));
  }

  [[nodiscard]] const SocketAddress& address() const { return *address_; }

  // Returns the words of the next datagram; none if none comes.
  std::vector<std::uint32_t> next() const {
    pollfd wanted{socket_.get(), POLLIN, 0};
    if (::poll(&wanted, 1, 5'000) != 1) {
      return {};
    }
    std::vector<std::uint32_t> words(XdrWriter::capacity / 4);
    const auto size = ::recv(socket_.get(), words.data(), XdrWriter::capacity, 0);
    words.resize(static_cast<std::size_t>(size) / 4);
    for (std::uint32_t& word : words) {
      word = ntohl(word);
    }
    return words;
  }

 private:
  UniqueFd socket_;
  std::optional<SocketAddress> address_;
};

class ExporterTest : public testing::Test {
 protected:
  // Puts one of a frame that was dropped for that reason, if any.
  void put_sample(std::uint32_t port, std::uint32_t reason = 0) {
    fill(frame_, FrameBuilder().payload(46).build());
    ASSERT_TRUE(put(*exporter_.intake()->rings[0],
                    {.port = port, .rate = 10, .pool = 20, .reason = reason, .size = 60}, frame_,
                    60));
  }

  FrameBuffer frame_;
  Collector collector_;
  const SflowSockets sockets_ = SflowSockets::open();
  std::atomic<int> refusals_ = 0;
  std::unique_ptr<Exporter> started_ =
      Exporter::start(sockets_, 1, [this](const std::string&) { ++refusals_; }).value();
  Exporter& exporter_ = *started_;
};

TEST_F(ExporterTest, SendsSamplesToEachCollectorWithTheAddressThatLeadsThere) {
  const Collector other;
  exporter_.configure({.collectors = {collector_.address(), other.address()}, .agent = {}});
  put_sample(3);
  const auto words = collector_.next();
  ASSERT_GT(words.size(), 10U);
  EXPECT_EQ(words[2], 0x7f00'0001U) << "the agent";
  EXPECT_EQ(words[4], 1U) << "the sequence";
  EXPECT_EQ(words[6], 1U) << "samples";
  EXPECT_EQ(words[7], 1U) << "a flow sample";
  EXPECT_EQ(words[10], 3U) << "of that port";
  EXPECT_EQ(other.next().at(4), 1U);
  EXPECT_EQ(exporter_.agent()->to_string(), "127.0.0.1");
  EXPECT_EQ(exporter_.progress().datagrams, 2U);
  EXPECT_EQ(exporter_.progress().flow_samples, 1U);
}

TEST_F(ExporterTest, SequencesGoOnByPortAndKind) {
  exporter_.configure(
      {.collectors = {collector_.address()}, .agent = IpAddress::parse("192.0.2.9")});
  put_sample(3);
  EXPECT_EQ(collector_.next().at(9), 1U);
  put_sample(3);
  const auto words = collector_.next();
  EXPECT_EQ(words.at(2), 0xc000'0209U) << "the agent that was said";
  EXPECT_EQ(words.at(4), 2U);
  EXPECT_EQ(words.at(9), 2U);
  exporter_.add(
      {{.port = 3, .name = "alice", .is_enabled = true, .has_carrier = true, .totals = {}}});
  EXPECT_EQ(collector_.next().at(9), 1U) << "counters by themselves";
}

TEST_F(ExporterTest, DroppedPacketsHaveDatagramsOfTheirOwn) {
  exporter_.configure({.collectors = {collector_.address()}, .agent = {}});
  constexpr std::uint32_t not_allowed_vlan = 265;
  for (int i = 0; i < 3; ++i) {
    put_sample(3);
    put_sample(3, not_allowed_vlan);
  }
  std::vector<std::uint32_t> samples(2);
  while (samples[0] + samples[1] < 6) {
    const auto words = collector_.next();
    ASSERT_GT(words.size(), 8U);
    constexpr std::uint32_t discard_format = 5;
    std::size_t at = 7;
    for (std::uint32_t i = 0; i < words[6]; ++i) {
      EXPECT_EQ(words.at(at), words[7]) << "samples of one kind";
      at += 2 + words.at(at + 1) / 4;
    }
    samples[words[7] == discard_format ? 1 : 0] += words[6];
  }
  EXPECT_EQ(samples, (std::vector<std::uint32_t>{3, 3}));
}

TEST_F(ExporterTest, ManySamplesTakeSeveralDatagrams) {
  exporter_.configure({.collectors = {collector_.address()}, .agent = {}});
  for (int i = 0; i < 100; ++i) {
    put_sample(3);
  }
  std::uint32_t samples = 0;
  while (samples < 100) {
    const auto words = collector_.next();
    ASSERT_FALSE(words.empty());
    samples += words.at(6);
  }
  EXPECT_EQ(samples, 100U);
}

TEST_F(ExporterTest, RefusalIsCountedAndToldOnce) {
  // The kernel sends nothing to such an address without being asked to.
  exporter_.configure({.collectors = {*SocketAddress::parse("tcp:255.255.255.255:6343")},
                       .agent = IpAddress::parse("192.0.2.9")});
  for (std::uint64_t i = 1; i <= 2; ++i) {
    put_sample(3);
    ASSERT_TRUE(wait_until([&] { return exporter_.progress().refused >= i; }));
  }
  EXPECT_EQ(refusals_, 1);
}

TEST_F(ExporterTest, CountersBeyondTheLimitAreLostAndCounted) {
  std::vector<PortCount> counts(Exporter::most_counters + 5);
  exporter_.add(counts);
  EXPECT_EQ(exporter_.progress().counters_lost, 5U);
}

TEST(ExporterUnderLoad, WorkersSampleAndDropWhileItSends) {
  constexpr int frames = 50'000;
  const Collector collector;
  const SflowSockets sockets = SflowSockets::open();
  const auto started = Exporter::start(sockets, 2, [](const std::string&) {}).value();
  Exporter& exporter = *started;
  exporter.configure({.collectors = {collector.address()}, .agent = {}, .drops_a_second = 100});
  Fdb fdb(64, std::chrono::seconds(300), 1);
  PortSampler sampler(
      {.port = 3, .rate = 10, .tells_drops = true, .header_bytes = 64, .fdb = &fdb, .seed = 1},
      exporter.intake(), std::make_shared<PortNumberTable>());
  const auto work = [&](std::size_t worker) {
    const auto frame = std::make_unique<FrameBuffer>();
    fill(*frame, FrameBuilder().payload(46).build());
    for (int i = 0; i < frames; ++i) {
      (void)sampler.received(worker, *frame, 1, TimePoint());
      sampler.drops(worker, *frame,
                    {.direction = Direction::in, .vid = 1, .reason = DropReason::no_egress});
    }
  };
  std::thread first([&] { work(0); });
  std::thread second([&] { work(1); });
  first.join();
  second.join();
  EXPECT_TRUE(wait_until([&] { return exporter.progress().flow_samples > 0; }));
  EXPECT_LE(exporter.progress().flow_samples, 2 * frames / 10 + 1'000);
  EXPECT_TRUE(wait_until([&] { return exporter.progress().discard_samples >= 100; }));
}

}  // namespace exporter_test
}  // namespace tapswitch::test
