// SPDX-License-Identifier: Apache-2.0
// Tests of what a capture writes; tests/capture/capture_ends_test.cpp has how it ends.
#include "switch/capture/capture.hpp"

#include <stdexcept>

#include "tests/capture/capture_fixture.hpp"

namespace tapswitch::test {
namespace capture_test {

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
