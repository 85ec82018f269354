// SPDX-License-Identifier: Apache-2.0
// Tests of how a capture ends, and what becomes of a reader who is slow.
#include <thread>

#include "tests/capture/capture_fixture.hpp"

namespace tapswitch::test {
namespace capture_ends_test {

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

}  // namespace capture_ends_test
}  // namespace tapswitch::test
