// SPDX-License-Identifier: Apache-2.0
#include "switch/capture/capture.hpp"

#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "switch/system/pipe.hpp"
#include "tests/support/frame_builder.hpp"
#include "tests/support/super_frame.hpp"
#include "tests/support/wait.hpp"

namespace tapswitch::test {
namespace capture_test {

using Bytes = std::vector<std::byte>;

constexpr MacAddress alice{0x0200'0000'00aa};
constexpr MacAddress bob{0x0200'0000'00bb};

// A block of a capture file.
struct Block {
  std::uint32_t type;
  std::string body;

  template <class Number>
  [[nodiscard]] Number number(std::size_t offset) const {
    Number number = 0;
    std::memcpy(&number, body.data() + offset, sizeof number);
    return number;
  }
};

constexpr std::uint32_t section = 0x0A0D0D0A;
constexpr std::uint32_t interface_description = 1;
constexpr std::uint32_t interface_statistics = 5;
constexpr std::uint32_t packet = 6;

std::vector<Block> blocks_of(const std::string& file) {
  std::vector<Block> blocks;
  std::size_t at = 0;
  while (at + 12 <= file.size()) {
    std::array<std::uint32_t, 2> header{};
    std::memcpy(header.data(), file.data() + at, sizeof header);
    const std::size_t size = header[1];
    EXPECT_EQ(size % 4, 0U);
    EXPECT_GE(size, 12U);
    EXPECT_EQ(std::memcmp(file.data() + at + 4, file.data() + at + size - 4, 4), 0);
    blocks.push_back({header[0], file.substr(at + 8, size - 12)});
    at += size;
  }
  EXPECT_EQ(at, file.size()) << "the last block is cut off";
  return blocks;
}

// A capture to a pipe.
class CaptureTest : public testing::Test {
 protected:
  void start(const CaptureOptions& options = {}) {
    Pipe file = open_pipe();
    Pipe lease = open_pipe();
    reader_ = std::move(file.reader);
    lease_ = std::move(lease.reader);
    capture_ = Capture::start({.file = std::move(file.writer), .lease = std::move(lease.writer)},
                              options, 2, [this] { has_ended_ = true; })
                   .value();
    port_ = capture_->add_interface("sw0/alice", "port of type tap");
  }

  void TearDown() override {
    if (capture_) {
      capture_->stop();
      reader_.reset();
      ASSERT_TRUE(wait_until([this] { return has_ended_.load(); }));
    }
  }

  void take(const Bytes& bytes, const Offload& offload = {}, Direction direction = Direction::in,
            std::size_t worker = 0, std::uint64_t number = 0) {
    frame_.assign(bytes.size(), offload);
    frame_.set_number(number);
    std::memcpy(frame_.space().data(), bytes.data(), bytes.size());
    frame_.find_layout();
    look(worker, {.direction = direction, .vid = 10, .when = std::chrono::steady_clock::now()});
  }

  void drop(const Bytes& bytes, DropReason reason, const Offload& offload = {}) {
    fill(frame_, bytes, offload);
    look(0, {.direction = Direction::out,
             .vid = no_vlan,
             .when = std::chrono::steady_clock::now(),
             .dropped = reason});
  }

  void look(std::size_t worker, const Capture::Look& look) {
    capture_->take(worker, *port_, look, frame_);
  }

  // Stops the capture and returns all that it wrote.
  std::vector<Block> rest() {
    capture_->stop();
    std::string file;
    std::array<char, 65'536> part;
    for (ssize_t size = 0; (size = ::read(reader_.get(), part.data(), part.size())) > 0;) {
      file.append(part.data(), static_cast<std::size_t>(size));
    }
    return blocks_of(file);
  }

  // The frames among 'blocks'.
  static std::vector<Bytes> frames_of(const std::vector<Block>& blocks) {
    std::vector<Bytes> frames;
    for (const Block& block : blocks) {
      if (block.type == packet) {
        const auto bytes = std::as_bytes(std::span(block.body)).subspan(20);
        const auto kept = bytes.first(block.number<std::uint32_t>(12));
        frames.emplace_back(kept.begin(), kept.end());
      }
    }
    return frames;
  }

  FrameBuffer frame_;
  UniqueFd reader_;
  UniqueFd lease_;
  std::shared_ptr<Capture> capture_;
  std::shared_ptr<CaptureInterface> port_;
  std::atomic<bool> has_ended_ = false;
};

Bytes small_frame(MacAddress from = alice) {
  return FrameBuilder().from(from).to(bob).payload(46).build();
}

TEST_F(CaptureTest, FileIsOneSectionWithInterfacesFramesAndTheirCounts) {
  start();
  take(small_frame());
  take(small_frame(bob), {}, Direction::out, 1);
  const std::vector<Block> blocks = rest();
  ASSERT_EQ(blocks.size(), 5U);
  EXPECT_EQ(blocks[0].type, section);
  EXPECT_EQ(blocks[1].type, interface_description);
  EXPECT_NE(blocks[1].body.find("sw0/alice"), std::string::npos);
  EXPECT_EQ(frames_of(blocks), (std::vector<Bytes>{small_frame(), small_frame(bob)}));
  // The direction stands behind the frame: epb_flags, of four bytes.
  EXPECT_EQ(blocks[2].number<std::uint32_t>(20 + 60 + 4), 1U);
  EXPECT_EQ(blocks[3].number<std::uint32_t>(20 + 60 + 4), 2U);
  EXPECT_EQ(blocks[4].type, interface_statistics);
  EXPECT_EQ(blocks[4].number<std::uint64_t>(16), 2U) << "isb_ifrecv";
  EXPECT_EQ(blocks[4].number<std::uint64_t>(28), 0U) << "isb_ifdrop";
  EXPECT_EQ(capture_->progress().frames, 2U);
  EXPECT_EQ(capture_->progress().why, "stopped");
}

// Returns the number of the frame of 'block', whose options are direction and number; 0: none.
std::uint64_t number_in(const Block& block) {
  const std::size_t options = 20 + (block.number<std::uint32_t>(12) + 3) / 4 * 4;
  constexpr std::uint32_t epb_packetid = 5 | 8 << 16;
  return block.number<std::uint32_t>(options + 8) == epb_packetid
             ? block.number<std::uint64_t>(options + 12)
             : 0;
}

TEST_F(CaptureTest, SegmentsInTheFileHaveTheNumbersOfTheSuperFrame) {
  start();
  take(small_frame());
  const SuperFrame super = build({.payload = Bytes(4'000)});
  take(super.bytes, super.offload, Direction::in, 0, 40);
  take(small_frame(), {}, Direction::out, 0, 50);
  std::vector<std::uint64_t> numbers;
  for (const Block& block : rest()) {
    if (block.type == packet) {
      numbers.push_back(number_in(block));
    }
  }
  EXPECT_EQ(numbers, (std::vector<std::uint64_t>{0, 40, 41, 42, 50}));
}

TEST_F(CaptureTest, SuperFrameIsWrittenAsTheFramesOfAWire) {
  start();
  const SuperFrame super = build({.payload = Bytes(4'000)});
  take(super.bytes, super.offload);
  const std::vector<Bytes> frames = frames_of(rest());
  ASSERT_EQ(frames.size(), 3U);
  for (const Bytes& frame : frames) {
    EXPECT_LE(frame.size(), super.headers.payload + 1'448);
  }
}

TEST_F(CaptureTest, OfAVlanHasTheFramesOfNoOther) {
  start({.vlan = 20});
  take(small_frame());
  fill(frame_, small_frame(bob));
  const auto now = std::chrono::steady_clock::now();
  for (const VlanId vid : {no_vlan, VlanId{20}}) {
    look(0, {.direction = Direction::in, .vid = vid, .when = now});
  }
  EXPECT_EQ(frames_of(rest()), std::vector<Bytes>{small_frame(bob)});
}

TEST_F(CaptureTest, OfDropsHasThoseAloneWithTheirReasons) {
  start({.is_of_drops = true});
  take(small_frame(bob));
  drop(small_frame(), DropReason::busy);
  drop({}, DropReason::framing_invalid);
  const SuperFrame super = build({.payload = Bytes(4'000)});
  drop(super.bytes, DropReason::link_down, super.offload);
  drop(Bytes(13), DropReason::runt, {.needs_checksum = true});
  const std::vector<Block> blocks = rest();
  std::vector<std::string> reasons;
  for (const Block& block : blocks) {
    if (block.type == packet) {
      const std::size_t begin = block.body.find("dropped as ");
      ASSERT_NE(begin, std::string::npos);
      reasons.push_back(block.body.substr(begin, block.body.find(':', begin) - begin));
    }
  }
  EXPECT_EQ(reasons, (std::vector<std::string>{"dropped as busy", "dropped as framing_invalid",
                                               "dropped as link_down", "dropped as link_down",
                                               "dropped as link_down", "dropped as runt"}));
  const std::vector<Bytes> frames = frames_of(blocks);
  EXPECT_EQ(frames[0], small_frame());
  EXPECT_EQ(frames[1], Bytes());
  EXPECT_EQ(frames[5], Bytes(13));
}

// A tag has made it so, and there is no buffer to cut it in.
TEST_F(CaptureTest, SuperFrameThatIsTooLongIsWrittenAsItIs) {
  start({.is_of_drops = true});
  const std::size_t most = FrameBuffer::max_frame_size;
  Bytes bytes = build({.payload = Bytes(60'000)}).bytes;
  bytes.resize(most);
  fill(frame_, bytes, build({.payload = Bytes(60'000)}).offload);
  frame_.push_tag({.vid = 10});
  look(0, {.direction = Direction::out,
           .vid = 10,
           .when = std::chrono::steady_clock::now(),
           .dropped = DropReason::oversize});
  const std::vector<Bytes> frames = frames_of(rest());
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(frames[0].size(), most + VlanTag::size);
}

TEST_F(CaptureTest, UncutSuperFrameIsWrittenAsItCrosses) {
  start({.is_uncut = true});
  const SuperFrame super = build({.payload = Bytes(4'000)});
  take(super.bytes, super.offload);
  EXPECT_EQ(frames_of(rest()), std::vector<Bytes>{super.bytes});
}

TEST_F(CaptureTest, OnlyWhatIsAskedForIsWritten) {
  start({.directions = {.out = false},
         .filter = std::make_shared<CaptureFilter>("ether src 02:00:00:00:00:aa"),
         .snap_length = 20});
  take(small_frame());
  take(small_frame(bob));
  take(small_frame(), {}, Direction::out);
  const std::vector<Block> blocks = rest();
  ASSERT_EQ(frames_of(blocks).size(), 1U);
  EXPECT_EQ(frames_of(blocks)[0].size(), 20U);
  EXPECT_EQ(blocks[2].number<std::uint32_t>(16), 60U) << "the length on the wire";
}

TEST_F(CaptureTest, FilterAndLimitsHoldForTheSegmentsOfASuperFrame) {
  start({.filter = std::make_shared<CaptureFilter>("tcp and greater 200"),
         .snap_length = 100,
         .count = 2});
  const SuperFrame super = build({.payload = Bytes(4'000)});
  take(super.bytes, super.offload);
  const std::vector<Bytes> frames = frames_of(rest());
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_EQ(frames[0].size(), 100U);
  EXPECT_EQ(capture_->progress().why, "count reached");
}

TEST_F(CaptureTest, ReaderWhoGoesEndsItAlsoWithoutFrames) {
  start();
  ASSERT_TRUE(wait_until([this] { return capture_->progress().octets > 0; }));
  reader_.reset();
  EXPECT_TRUE(wait_until([this] { return has_ended_.load(); }));
  EXPECT_EQ(capture_->progress().why, "its reader is gone");
}

TEST_F(CaptureTest, ReaderWhoStandsStillCostsABoundedRoomAndFramesAreCountedAsMissed) {
  start();
  constexpr std::uint64_t frames = 200'000;  // more than two rings and a pipe hold
  for (std::uint64_t i = 0; i < frames; ++i) {
    take(small_frame());
  }
  const std::uint64_t missed = capture_->progress().missed;
  EXPECT_GT(missed, 0U);
  const std::vector<Block> blocks = rest();
  EXPECT_EQ(frames_of(blocks).size() + missed, frames);
  EXPECT_EQ(blocks.back().number<std::uint64_t>(28), missed) << "isb_ifdrop";
}

TEST_F(CaptureTest, StopDoesNotWaitForAReaderWhoStandsStill) {
  start();
  for (int i = 0; i < 20'000; ++i) {
    take(small_frame());
  }
  ASSERT_TRUE(wait_until([this] { return capture_->progress().octets > 0; }));
  capture_->stop();
  EXPECT_TRUE(wait_until([this] { return has_ended_.load(); }));
  EXPECT_EQ(capture_->progress().why, "stopped, with a reader that stood still");
}

// Returns the blocks that lie whole in a pipe to which nobody writes any more.
std::vector<Block> whole_blocks_in(const UniqueFd& pipe) {
  std::string file;
  std::array<char, 65'536> part;
  for (ssize_t size = 0; (size = ::read(pipe.get(), part.data(), part.size())) > 0;) {
    file.append(part.data(), static_cast<std::size_t>(size));
  }
  std::size_t at = 0;
  while (at + 8 <= file.size()) {
    std::uint32_t size = 0;
    std::memcpy(&size, file.data() + at + 4, sizeof size);
    if (at + size > file.size()) {
      break;
    }
    at += size;
  }
  return blocks_of(file.substr(0, at));
}

TEST_F(CaptureTest, FramesAreThoseInTheFileAndAllOthersAreMissed) {
  start();
  constexpr std::uint64_t plain = 20'000;
  for (std::uint64_t i = 0; i < plain; ++i) {
    take(small_frame());
  }
  const SuperFrame super = build({.payload = Bytes(4'000)});
  take(super.bytes, super.offload);  // as three
  capture_->stop();
  ASSERT_TRUE(wait_until([this] { return has_ended_.load(); }));
  const Capture::Progress told = capture_->progress();
  EXPECT_EQ(told.why, "stopped, with a reader that stood still");
  EXPECT_GT(told.frames, 0U);
  EXPECT_GT(told.missed, 0U);
  EXPECT_EQ(told.frames + told.missed, plain + 3);
  EXPECT_EQ(frames_of(whole_blocks_in(reader_)).size(), told.frames);
}

TEST_F(CaptureTest, FramesThatNobodyAskedForAreNotMissed) {
  start({.count = 100});
  for (int i = 0; i < 10'000; ++i) {
    take(small_frame());
  }
  const std::vector<Block> blocks = rest();
  EXPECT_EQ(frames_of(blocks).size(), 100U);
  ASSERT_TRUE(wait_until([this] { return has_ended_.load(); }));
  EXPECT_EQ(capture_->progress().frames, 100U);
  EXPECT_EQ(capture_->progress().missed, 0U);
}

// Each takes the room that the others were promised.
TEST_F(CaptureTest, SeveralToOnePipeStopAllTheSame) {
  Pipe pipe = open_pipe();
  constexpr int count = 8;
  std::atomic<int> ended = 0;
  std::vector<std::shared_ptr<Capture>> captures;
  for (int i = 0; i < count; ++i) {
    captures.push_back(
        Capture::start({.file = UniqueFd(::dup(pipe.writer.get())), .lease = {}}, {}, 1, [&ended] {
          ++ended;
        }).value());
  }
  pipe.writer.reset();
  fill(frame_, FrameBuilder().from(alice).to(bob).payload(1'400).build(), {});
  for (const auto& capture : captures) {
    const auto port = capture->add_interface("sw0/alice", "");
    for (int i = 0; i < 300; ++i) {
      capture->take(0, *port, {.direction = Direction::in, .vid = 10, .when = {}}, frame_);
    }
  }
  std::array<char, 4'096> part;
  for (int i = 0; i < 40; ++i) {
    ASSERT_GT(::read(pipe.reader.get(), part.data(), part.size()), 0);
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  for (const auto& capture : captures) {
    capture->stop();
  }
  EXPECT_TRUE(wait_until([&ended] { return ended == count; }));
  pipe.reader.reset();
  ASSERT_TRUE(wait_until([&ended] { return ended == count; }));
}

TEST_F(CaptureTest, ReaderWhoIsSlowIsNotWaitedForEither) {
  start();
  for (int i = 0; i < 100'000; ++i) {
    take(small_frame());
  }
  capture_->stop("it is enough");
  std::array<char, 4'096> part;
  const auto slowly = [&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    return has_ended_ || ::read(reader_.get(), part.data(), part.size()) <= 0;
  };
  const auto begin = std::chrono::steady_clock::now();
  while (!slowly()) {
  }
  EXPECT_TRUE(wait_until([this] { return has_ended_.load(); }));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  EXPECT_EQ(capture_->progress().why, "it is enough, with a reader that stood still");
}

TEST_F(CaptureTest, EndsInGoodOrderWithWhoHoldsTheLease) {
  start();
  take(small_frame());
  lease_.reset();
  ASSERT_TRUE(wait_until([this] { return has_ended_.load(); }));
  EXPECT_EQ(capture_->progress().why, "who asked for it is gone");
  EXPECT_EQ(rest().back().type, interface_statistics);
}

TEST_F(CaptureTest, FilterSeesAllOfAFrameThatLiesInPieces) {
  start({.filter = std::make_shared<CaptureFilter>("ether[1000] == 0x17"), .snap_length = 60});
  Bytes bytes = FrameBuilder().from(alice).to(bob).payload(1'400).build();
  const auto take_lent = [&] {
    const std::array parts{std::span<const std::byte>(bytes).first(700),
                           std::span<const std::byte>(bytes).subspan(700)};
    ASSERT_TRUE(frame_.borrow(parts));
    frame_.find_layout();
    ASSERT_TRUE(frame_.is_lent());
    look(0, {.direction = Direction::in, .vid = 10, .when = std::chrono::steady_clock::now()});
  };
  take_lent();
  bytes[1'000] = std::byte{0x17};
  take_lent();
  const std::vector<Bytes> frames = frames_of(rest());
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(frames[0].size(), 60U);
}

TEST_F(CaptureTest, PortThatComesLaterIsDescribedBeforeItsFrames) {
  start();
  take(small_frame());
  port_ = capture_->add_interface("sw0/bob", "");
  take(small_frame());
  const std::vector<Block> blocks = rest();
  std::uint32_t interfaces = 0;
  for (const Block& block : blocks) {
    interfaces += block.type == interface_description ? 1 : 0;
    if (block.type == packet) {
      EXPECT_LT(block.number<std::uint32_t>(0), interfaces);
    }
  }
  EXPECT_EQ(interfaces, 2U);
}

TEST(CaptureFilter, SaysWhatIsWrongInTheWordsOfLibpcap) {
  try {
    const CaptureFilter filter("tcp prot 80");
    FAIL() << "it compiled";
  } catch (const std::invalid_argument& error) {
    EXPECT_NE(std::string(error.what()).find("syntax error"), std::string::npos) << error.what();
  }
}

TEST(CaptureFilter, IsReadToItsEnd) {
  using namespace std::string_literals;
  EXPECT_THROW(CaptureFilter("arp\0x"s), std::invalid_argument);
}

TEST(CaptureFilter, ThatGoesInCirclesIsRefused) {
  EXPECT_THROW(CaptureFilter("ip6 protochain 6"), std::invalid_argument);
  EXPECT_NO_THROW(CaptureFilter("ip6 proto 6 or not (tcp[13] & 2 != 0)"));
}

}  // namespace capture_test
}  // namespace tapswitch::test
