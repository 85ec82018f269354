// SPDX-License-Identifier: Apache-2.0
// The kernel as the judge of segmentation.cpp and checksum.cpp: what it cuts of a super-frame
// (cutting_kernel.hpp) must equal what we cut, byte for byte.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "switch/frame/checksum.hpp"
#include "switch/frame/segmentation.hpp"
#include "switch/system/unique_fd.hpp"
#include "tests/ports/interface/cutting_kernel.hpp"
#include "tests/support/super_frame.hpp"

namespace tapswitch {
namespace kernel_segmentation_test {

using test::is_consistent;
using test::SuperFrame;
using test::SuperFrameRecipe;
using Bytes = std::vector<std::byte>;
using Random = std::mt19937;

constexpr unsigned tun_f_tso = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;
constexpr unsigned tun_f_uso = 0x20 | 0x40;  // TUN_F_USO4 and 6, not named in Debian's headers

std::size_t max_segment_count(TransportKind kind) {
  return kind == TransportKind::tcp ? max_tcp_segment_count : max_udp_segment_count;
}

SuperFrameRecipe any_recipe(Random& random, const std::vector<TransportKind>& kinds) {
  SuperFrameRecipe recipe;
  recipe.is_ipv6 = draw(random, 0, 1) == 1;
  recipe.kind = kinds[draw(random, 0, kinds.size() - 1)];
  if (recipe.is_ipv6) {
    constexpr std::array<std::uint8_t, 3> numbers = {0, 60, 43};
    for (std::size_t i = draw(random, 0, 2); i < numbers.size() && draw(random, 0, 1) == 1; ++i) {
      recipe.extensions.push_back({numbers[i], 8 * draw(random, 1, 8)});
    }
  } else {
    recipe.ipv4_option_size = draw(random, 0, 2) == 0 ? 4 * draw(random, 0, 10) : 0;
  }
  recipe.tcp_option_size = 4 * draw(random, 0, 10);
  recipe.tcp_flags = static_cast<std::uint8_t>(draw(random, 0, 255));
  recipe.identification = static_cast<std::uint16_t>(draw(random, 0, 0xffff));
  recipe.sequence = static_cast<std::uint32_t>(draw(random, 0, 0xffff'ffff));
  const std::size_t segment_size = draw(random, 0, 3) == 0 ? draw(random, 32, 200)  //
                                                           : draw(random, 200, 9'000);
  recipe.segment_size = static_cast<std::uint16_t>(segment_size);
  // Always more than one segment. Linux takes a TCP payload that is smaller than one segment, but
  // no longer so with its options, for a super-frame, and then fails to cut it.
  const std::size_t most =
      std::min<std::size_t>(65'000, segment_size * max_segment_count(recipe.kind));
  const std::size_t payload_size = draw(random, segment_size + 1, most);
  recipe.payload = test::noise(payload_size, static_cast<std::uint32_t>(random()));
  return recipe;
}

class KernelSegmentation : public CuttingKernel {
 protected:
  void SetUp() override {
    TAPSWITCH_REQUIRES_ROOT();
    make_bridge();
    whole_receiver_ = attach("whole", IFF_VNET_HDR);
    ASSERT_TRUE(whole_receiver_.is_open());
    if (::ioctl(whole_receiver_.get(), TUNSETOFFLOAD, tun_f_tso | tun_f_uso) != 0) {
      std::cout << "USO is not tested: it needs Linux 6.2\n";
      kinds_.pop_back();
    }
    ASSERT_EQ(::ioctl(whole_receiver_.get(), TUNSETOFFLOAD, 0U), 0);
    join({"sender", "receiver", "whole"});
  }

  // 0, or the errno.
  [[nodiscard]] int send(const Bytes& frame, const Offload& offload) const {
    std::array<std::byte, offload_header_size> header{};
    write_offload(offload, header);
    return CuttingKernel::send(header, frame);
  }

  // Sends the frame and compares.
  void expect_same_cut(const Bytes& frame, const Offload& offload) const {
    ASSERT_TRUE(is_consistent(frame, offload));
    ASSERT_EQ(send(frame, offload), 0);
    const auto ours = test::cut(frame, offload);
    const auto theirs = what_the_kernel_cut(ours.size());
    ASSERT_EQ(ours.size(), theirs.size());
    for (std::size_t i = 0; i < ours.size(); ++i) {
      ASSERT_EQ(ours[i], theirs[i]) << "segment " << i << " of " << ours.size();
    }
  }

  void expect_same_cut(const SuperFrameRecipe& recipe) const {
    const SuperFrame frame = test::build(recipe);
    expect_same_cut(frame.bytes, frame.offload);
  }

  void expect_same_cuts(std::size_t count, const std::vector<VlanTag>& tags) const {
    Random random(20'240'229);
    for (std::size_t i = 0; i < count && !HasFatalFailure(); ++i) {
      SuperFrameRecipe recipe = any_recipe(random, kinds_);
      recipe.tags = tags;
      SCOPED_TRACE(testing::Message()
                   << "frame " << i << ": " << (recipe.is_ipv6 ? "IPv6 " : "IPv4 ")
                   << (recipe.kind == TransportKind::tcp ? "TCP" : "UDP") << ", "
                   << recipe.payload.size() << " bytes in segments of " << recipe.segment_size);
      expect_same_cut(recipe);
    }
  }

  UniqueFd whole_receiver_;
  // The kernel knows to cut these.
  std::vector<TransportKind> kinds_{TransportKind::tcp, TransportKind::udp};
};

TEST_F(KernelSegmentation, CutsAreThoseOfTheKernel) { expect_same_cuts(500, {}); }

TEST_F(KernelSegmentation, CutsOfTaggedFramesAreThoseOfTheKernel) {
  expect_same_cuts(150, {{.priority = 5, .vid = 10}});
}

TEST_F(KernelSegmentation, CutsOfDoublyTaggedFramesAreThoseOfTheKernel) {
  expect_same_cuts(150, {{.type = TagType::service, .vid = 100}, {.priority = 3, .vid = 10}});
}

TEST_F(KernelSegmentation, EachCombinationOfFlagsIsCutAsTheKernelDoes) {
  for (unsigned flags = 0; flags < 256 && !HasFatalFailure(); ++flags) {
    SuperFrameRecipe recipe;
    recipe.tcp_flags = static_cast<std::uint8_t>(flags);
    expect_same_cut(recipe);
  }
}

TEST_F(KernelSegmentation, NumbersThatRunOverAreCutAsTheKernelDoes) {
  expect_same_cut({.identification = 0xffff, .sequence = 0xffff'ff00});
}

TEST_F(KernelSegmentation, SmallestSegmentsAreCutAsTheKernelDoes) {
  for (const auto kind : kinds_) {
    expect_same_cut(
        {.kind = kind, .segment_size = 1, .payload = test::noise(max_segment_count(kind))});
  }
}

TEST_F(KernelSegmentation, LargestFramesAreCutAsTheKernelDoes) {
  for (const auto kind : kinds_) {
    const std::size_t header_size = kind == TransportKind::tcp ? 20 : 8;
    expect_same_cut({.kind = kind, .payload = test::noise(0xffff - 20 - header_size)});
    // IPv6 could state 31 octets more, but no port brings so long a frame.
    constexpr std::size_t most = FrameBuffer::max_frame_size - FrameView::header_size - 40;
    expect_same_cut({.is_ipv6 = true, .kind = kind, .payload = test::noise(most - header_size)});
  }
}

TEST_F(KernelSegmentation, WhatNeedsNoCutOnlyGetsItsChecksum) {
  for (const auto kind : kinds_) {
    for (const std::size_t size : {1U, 100U, 1'447U, 1'448U}) {
      SuperFrame frame = test::build({.kind = kind, .payload = test::noise(size)});
      expect_same_cut(frame.bytes, frame.offload);
      // Not even a wrong length of IP is put right.
      frame.bytes[frame.headers.network + 3] ^= std::byte{1};
      expect_same_cut(frame.bytes, frame.offload);
    }
  }
}

TEST_F(KernelSegmentation, FinishedChecksumsAreThoseOfTheKernel) {
  Random random(7);
  for (int i = 0; i < 300; ++i) {
    SuperFrame frame = test::without_segmentation(test::build(any_recipe(random, kinds_)));
    ASSERT_EQ(send(frame.bytes, frame.offload), 0);
    finish_checksum(frame.bytes, frame.offload);
    ASSERT_EQ(what_the_kernel_cut(1), std::vector<Bytes>{frame.bytes}) << "frame " << i;
  }
}

// The one sum in 65,535 whose complement is 0.
TEST_F(KernelSegmentation, ChecksumOfZeroIsWrittenAsTheKernelDoes) {
  for (const auto kind : kinds_) {
    SuperFrame frame = test::without_segmentation(
        test::build({.kind = kind, .payload = std::vector<std::byte>(2)}));
    SuperFrame finished = frame;
    finish_checksum(finished.bytes, finished.offload);
    // Two bytes of payload that are the checksum of the rest make it 0.
    const std::size_t field = frame.headers.transport + frame.offload.checksum_offset;
    frame.bytes[frame.headers.payload] = finished.bytes[field];
    frame.bytes[frame.headers.payload + 1] = finished.bytes[field + 1];
    ASSERT_EQ(send(frame.bytes, frame.offload), 0);
    finish_checksum(frame.bytes, frame.offload);
    EXPECT_EQ(frame.bytes[field], std::byte{0xff});
    EXPECT_EQ(frame.bytes[field + 1], std::byte{0xff});
    ASSERT_EQ(what_the_kernel_cut(1), std::vector<Bytes>{frame.bytes});
  }
}

// Headers with bytes thrown over: what we take for consistent the kernel takes too, and cuts alike.
TEST_F(KernelSegmentation, WhatWeTakeForConsistentTheKernelCutsAlike) {
  Random random(11);
  std::size_t consistent_count = 0;
  for (int i = 0; i < 2'000 && !HasFatalFailure(); ++i) {
    SuperFrame frame = test::build(any_recipe(random, kinds_));
    const std::size_t at = draw(random, frame.headers.network, frame.headers.payload - 1);
    frame.bytes[at] = static_cast<std::byte>(draw(random, 0, 255));
    if (is_consistent(frame.bytes, frame.offload)) {
      SCOPED_TRACE(testing::Message() << "frame " << i << ", byte " << at);
      expect_same_cut(frame.bytes, frame.offload);
      ++consistent_count;
    }
  }
  EXPECT_GT(consistent_count, 1'000U);
}

// Towards a TAP that takes super-frames: how truthful is the kernel itself?
TEST_F(KernelSegmentation, HeadersThatTheKernelWritesAreConsistent) {
  const unsigned uso = kinds_.size() > 1 ? tun_f_uso : 0;
  ASSERT_EQ(::ioctl(whole_receiver_.get(), TUNSETOFFLOAD, tun_f_tso | uso), 0);
  Random random(13);
  for (std::size_t i = 0; i < 300; ++i) {
    SuperFrameRecipe recipe = any_recipe(random, kinds_);
    recipe.tags.resize(i % 3, {.vid = 10});
    const SuperFrame sent = test::build(recipe);
    ASSERT_EQ(send(sent.bytes, sent.offload), 0);
    ASSERT_TRUE(test::wait_until_readable(whole_receiver_.get()));
    const Bytes got = read_from(whole_receiver_).value();
    auto offload = read_offload(std::span(got).first<offload_header_size>());
    const Bytes frame(got.begin() + offload_header_size, got.end());
    ASSERT_EQ(frame, sent.bytes);
    ASSERT_TRUE(offload && is_consistent(frame, *offload));
    // A hint, which the kernel states too small where it takes a tag off and puts it back.
    offload->header_size = sent.offload.header_size;
    ASSERT_EQ(*offload, sent.offload);
  }
}

TEST_F(KernelSegmentation, LiesThatTheKernelRefusesAreInconsistent) {
  const std::array<std::function<void(Offload&)>, 6> lies = {
      [](Offload& offload) { offload.checksum_start = 65'535; },
      [](Offload& offload) { offload.checksum_start = 14; },
      [](Offload& offload) { offload.checksum_offset = 65'535; },
      [](Offload& offload) { offload.segment_size = 0; },
      [](Offload& offload) { offload.segment_size = 0xffff; },
      [](Offload& offload) { offload.header_size = 5'000; },
  };
  for (std::size_t i = 0; i < lies.size(); ++i) {
    SuperFrame frame = test::build({});
    lies[i](frame.offload);
    EXPECT_EQ(send(frame.bytes, frame.offload), EINVAL) << "lie " << i;
    EXPECT_FALSE(is_consistent(frame.bytes, frame.offload)) << "lie " << i;
  }
}

}  // namespace kernel_segmentation_test
}  // namespace tapswitch
