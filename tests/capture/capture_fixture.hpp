// SPDX-License-Identifier: Apache-2.0
// capture_fixture.hpp: a capture to a pipe, and what is read from it.
#pragma once

#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "switch/capture/capture.hpp"
#include "switch/system/pipe.hpp"
#include "tests/support/frame_builder.hpp"
#include "tests/support/super_frame.hpp"
#include "tests/support/wait.hpp"

namespace tapswitch::test {

using Bytes = std::vector<std::byte>;

inline constexpr MacAddress alice{0x0200'0000'00aa};
inline constexpr MacAddress bob{0x0200'0000'00bb};

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

inline constexpr std::uint32_t section = 0x0A0D0D0A;
inline constexpr std::uint32_t interface_description = 1;
inline constexpr std::uint32_t interface_statistics = 5;
inline constexpr std::uint32_t packet = 6;

inline std::vector<Block> blocks_of(const std::string& file) {
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

inline Bytes small_frame(MacAddress from = alice) {
  return FrameBuilder().from(from).to(bob).payload(46).build();
}

}  // namespace tapswitch::test
