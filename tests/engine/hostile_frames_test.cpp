// SPDX-License-Identifier: Apache-2.0
// Frames at and beyond every limit, through a switch with a port of each kind of VLAN rule, with
// and without offloads, a patch and a virtual machine: each is counted, and the switch goes on. The
// ports lend their frames, or do not.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <numeric>

#include "switch/ports/patch/patch_port.hpp"
#include "switch/ports/qemu/qemu_port.hpp"
#include "switch/ports/socket/stream_deframer.hpp"
#include "tests/engine/lan.hpp"
#include "tests/server/temporary_directory.hpp"
#include "tests/support/lending_port.hpp"
#include "tests/support/stream_peer.hpp"
#include "tests/support/super_frame.hpp"
#include "tests/support/wait.hpp"

namespace tapswitch::test {
namespace hostile_frames_test {

constexpr VlanId vlan = 10;

PortRule tunnel() {
  PortRule rule;
  rule.vlan = {.mode = PortMode::tunnel, .pvid = vlan};
  return rule;
}

PortRule trunk_with_tagged_native() {
  PortRule rule;
  rule.vlan.pvid = vlan;
  rule.vlan.native_tagged = true;
  return rule;
}

Bytes with_header(const Offload& offload, const Bytes& frame) {
  Bytes bytes(offload_header_size);
  write_offload(offload, std::span(bytes).first<offload_header_size>());
  bytes.insert(bytes.end(), frame.begin(), frame.end());
  return bytes;
}

// A frame of 'size' bytes, of which tags are the first, as far as they have room.
Bytes frame_of(std::size_t size, std::size_t tag_count) {
  FrameBuilder builder = frame(alice, everybody);
  for (std::size_t i = 0; i < tag_count; ++i) {
    builder.tag({.vid = vlan});
  }
  Bytes bytes = builder.payload(FrameBuffer::max_frame_size + 8).build();
  bytes.resize(size);
  return bytes;
}

class HostileFrames : public testing::TestWithParam<bool> {
 protected:
  static constexpr std::size_t plain_access = 1;
  static constexpr std::size_t offloading_access = 0;
  static constexpr std::size_t offloading_trunk = 2;
  static constexpr std::size_t plain_trunk = 3;

  void SetUp() override {
    for (const PortRule& rule : {access(vlan), trunk(), trunk_with_tagged_native(), tunnel()}) {
      plug(rule, all_offloads);
      plug(rule, std::nullopt);
    }
    patch();
    auto machine = open_qemu_port({.end = QemuOptions::Listen{address_}, .access = {}, .mtu = 0});
    ASSERT_TRUE(machine) << machine.error().message();
    AttendedPort& port = **machine;
    ASSERT_TRUE(lan_.engine().add_port(std::move(*machine), trunk(), {}, large_mtu));
    peer_.emplace(address_);
    ASSERT_TRUE(wait_until([&] {
      port.answer();
      return port.link().has_carrier;
    }));
  }

  [[nodiscard]] std::size_t cable_count() const { return ports_.size(); }
  [[nodiscard]] bool has_offloads(std::size_t cable) const { return cable % 2 == 0; }

  // Sends a frame by a cable, waiting for room.
  void send(std::size_t cable, const Bytes& frame, const Offload& offload = {}) {
    const Bytes bytes = has_offloads(cable) ? with_header(offload, frame) : frame;
    ASSERT_TRUE(wait_until([&] { return lan_.cable(cable).send(bytes); }));
    ++sent_;
  }

  // Each frame that was sent by this one cable since the last call must be counted there once,
  // whatever became of it.
  void expect_all_counted(std::size_t cable) {
    const auto count = [&] { return counted(cable) - counted_before_[cable]; };
    ASSERT_TRUE(wait_until([&] { return count() == sent_; }))
        << count() << " of " << sent_ << " by cable " << cable;
    lan_.settle();
    take_all();
    sent_ = 0;
    for (std::size_t each = 0; each < cable_count(); ++each) {
      counted_before_[each] = counted(each);
    }
  }

  // Returns what came out by a cable since this was asked last.
  std::vector<Bytes> take(std::size_t cable) {
    std::vector<Bytes> frames;
    while (const auto bytes = lan_.cable(cable).receive()) {
      frames.push_back(*bytes);
    }
    return frames;
  }

  void take_all() {
    for (std::size_t cable = 0; cable < cable_count(); ++cable) {
      take(cable);
    }
    while (far_->cable.receive()) {
    }
    read_stream();
  }

  // Takes what the virtual machine was sent, which must be whole frames of a length that may be.
  void read_stream() {
    std::span<std::byte> space = stream_.space();
    for (ssize_t size = 0;
         (size = ::recv(peer_->descriptor(), space.data(), space.size(), MSG_DONTWAIT)) > 0;) {
      stream_.commit(static_cast<std::size_t>(size));
      StreamDeframer::Found found = stream_.next();
      for (; found.kind == StreamDeframer::Found::Kind::frame; found = stream_.next()) {
        last_of_stream_.assign(found.frame.begin(), found.frame.end());
      }
      ASSERT_EQ(found.kind, StreamDeframer::Found::Kind::incomplete);
      space = stream_.space();
    }
  }

  // A good frame reaches everybody.
  void expect_alive() {
    take_all();
    const Bytes good = frame_of(60, 0);
    ASSERT_NO_FATAL_FAILURE(send(plain_access, good));
    EXPECT_EQ(lan_.cable(offloading_access).wait_for_frame(), with_header({}, good));
    EXPECT_EQ(far_->cable.wait_for_frame(), good);
    const Bytes tagged = frame(alice, everybody).tag({.vid = vlan}).payload(46).build();
    EXPECT_TRUE(wait_until([&] {
      read_stream();
      return last_of_stream_ == tagged;
    }));
  }

  [[nodiscard]] std::uint64_t drops(std::size_t cable, DropReason reason) const {
    return lan_.drops(ports_[cable], reason);
  }

  Lan lan_;

 private:
  // Long enough for all that the buffers hold.
  static constexpr PortState large_mtu{.mtu = 70'000};

  void plug(const PortRule& rule, const std::optional<OffloadSet>& offloads) {
    SocketPortPair pair = make_socket_port(4 << 20, offloads);
    std::unique_ptr<Port> port = std::move(pair.port);
    if (GetParam()) {
      port = std::make_unique<LendingPort>(std::move(port));
    }
    ports_.push_back(lan_.plug(rule, std::move(port), std::move(pair.cable)));
    lan_.engine().set_port_state(ports_.back(), large_mtu);
  }

  void patch() {
    auto near = PatchPort::open().value();
    auto far = PatchPort::open_opposite(*near);
    far_.emplace(make_socket_port(4 << 20));
    ASSERT_TRUE(lan_.engine().add_port(std::move(near), trunk(), {}, large_mtu));
    ASSERT_TRUE(neighbour_.add_port(std::move(far), trunk(), {}, large_mtu));
    ASSERT_TRUE(neighbour_.add_port(std::move(far_->port), access(vlan), {}, large_mtu));
  }

  [[nodiscard]] std::uint64_t counted(std::size_t cable) {
    const PortTotals totals = lan_.engine().totals(ports_[cable]);
    return std::accumulate(totals.in_frames.begin(), totals.in_frames.end(), std::uint64_t{0}) +
           std::accumulate(totals.drops.begin(), totals.drops.end(), std::uint64_t{0});
  }

  TemporaryDirectory directory_;
  SocketAddress address_ = *SocketAddress::of_path(directory_.file("vm.sock"));
  Switch neighbour_{lan_.pool()};
  std::vector<PortIndex> ports_;                   // by cable
  std::array<std::uint64_t, 8> counted_before_{};  // by cable, of what came and what was dropped
  std::uint64_t sent_ = 0;                         // by one of them, since
  std::optional<SocketPortPair> far_;
  std::optional<StreamPeer> peer_;
  StreamDeframer stream_;
  Bytes last_of_stream_;
};

INSTANTIATE_TEST_SUITE_P(Frames, HostileFrames, testing::Bool(),
                         [](const testing::TestParamInfo<bool>& lends) {
                           return lends.param ? "Lent" : "Whole";
                         });

TEST_P(HostileFrames, AllLengthsAroundEveryLimitAreCounted) {
  std::vector<std::size_t> sizes;
  for (std::size_t size = 1; size <= 40; ++size) {
    sizes.push_back(size);
  }
  for (const std::size_t limit : {60U, 1'514U, 65'535U, 65'549U, 65'558U}) {
    for (std::size_t size = limit - 5; size <= limit + 9; ++size) {
      sizes.push_back(size);
    }
  }
  for (std::size_t cable = 0; cable < cable_count(); ++cable) {
    for (std::size_t tags = 0; tags <= 5; ++tags) {
      for (const std::size_t size : sizes) {
        ASSERT_NO_FATAL_FAILURE(send(cable, frame_of(size, tags)));
      }
      ASSERT_NO_FATAL_FAILURE(expect_all_counted(cable));
    }
  }
  expect_alive();
}

// The frame itself is none too long; the tag makes it so.
TEST_P(HostileFrames, FrameThatItsTagMakesTooLongIsDroppedWhereItShouldLeave) {
  send(plain_access, frame_of(FrameBuffer::max_frame_size, 0));
  lan_.settle();
  EXPECT_EQ(drops(plain_access, DropReason::oversize), 0U);
  EXPECT_EQ(drops(plain_trunk, DropReason::oversize), 1U);
  EXPECT_EQ(take(plain_trunk), std::vector<Bytes>());
  EXPECT_EQ(take(offloading_access).size(), 1U);
  expect_alive();
}

// The headers of a super-frame with 'size' bytes of them; nullopt if none are so long.
std::optional<SuperFrame> super_frame_with_headers(std::size_t size, bool is_ipv6) {
  SuperFrameRecipe recipe{.is_ipv6 = is_ipv6, .segment_size = 400, .payload = noise(1'000)};
  const std::size_t least = FrameView::header_size + (is_ipv6 ? 60 : 40);
  if (size < least || (size - least) % 4 != 0) {
    return std::nullopt;
  }
  std::size_t options = size - least;
  recipe.tcp_option_size = options % 8;
  options -= recipe.tcp_option_size;
  if (is_ipv6 && options > 0) {
    recipe.extensions = {{.number = 60, .size = options}};
  } else if (!is_ipv6) {
    recipe.ipv4_option_size = std::min<std::size_t>(options, 40);
    recipe.tcp_option_size += options - recipe.ipv4_option_size;
  }
  if (recipe.tcp_option_size > 40) {
    return std::nullopt;
  }
  return test::build(recipe);
}

Bytes to_everybody(Bytes bytes) {
  std::fill_n(bytes.begin(), MacAddress::size, std::byte{0xff});
  return bytes;
}

TEST_P(HostileFrames, SuperFramesWithHeadersOfEveryLengthAreCutRightOrDropped) {
  for (std::size_t size = 14; size <= 1'100; ++size) {
    for (const bool is_ipv6 : {false, true}) {
      const auto frame = super_frame_with_headers(size, is_ipv6);
      if (!frame) {
        continue;
      }
      ASSERT_EQ(frame->headers.payload, size);
      const std::uint64_t invalid = drops(offloading_access, DropReason::offload_invalid);
      ASSERT_NO_FATAL_FAILURE(send(offloading_access, to_everybody(frame->bytes), frame->offload));
      lan_.settle();
      if (size > max_header_size) {
        EXPECT_EQ(drops(offloading_access, DropReason::offload_invalid), invalid + 1) << size;
        continue;
      }
      HeaderLayout tagged = frame->headers;
      for (std::size_t* offset : {&tagged.network, &tagged.transport, &tagged.payload}) {
        *offset += VlanTag::size;
      }
      const std::vector<Bytes> segments = take(plain_trunk);
      EXPECT_EQ(segments.size(), 3U) << size;
      for (const Bytes& segment : segments) {
        EXPECT_EQ(fault_of(segment, tagged), "") << size;
      }
      EXPECT_EQ(take(plain_access).size(), 3U) << size;
      take_all();
    }
  }
  expect_alive();
}

// Headers that end anywhere, whatever the virtio-net header says about them.
TEST_P(HostileFrames, HeadersThatAreCutShortAreCounted) {
  const SuperFrame whole = super_frame_with_headers(1'102, true).value();
  const SuperFrame ipv4 = super_frame_with_headers(114, false).value();
  for (std::size_t size = 14; size <= 1'100; ++size) {
    for (const SuperFrame& frame : {whole, ipv4}) {
      Bytes bytes = to_everybody(frame.bytes);
      bytes.resize(size);
      Offload offload = frame.offload;
      offload.header_size = static_cast<std::uint16_t>(size);
      ASSERT_NO_FATAL_FAILURE(send(offloading_access, bytes, offload));
    }
    if (size % 100 == 0) {
      ASSERT_NO_FATAL_FAILURE(expect_all_counted(offloading_access));
    }
  }
  expect_alive();
}

// With its start inside or in front of the tags, too.
TEST_P(HostileFrames, ChecksumThatStartsAnywhereIsFinishedOrDropped) {
  constexpr std::size_t size = 120;
  for (std::size_t cable = 0; cable < cable_count(); cable += 2) {
    for (std::size_t tags = 0; tags <= 3; ++tags) {
      for (std::uint16_t start = 0; start <= size; ++start) {
        for (const std::uint16_t offset : std::initializer_list<std::uint16_t>{0, 6, 16}) {
          ASSERT_NO_FATAL_FAILURE(
              send(cable, frame_of(size, tags),
                   {.needs_checksum = true, .checksum_start = start, .checksum_offset = offset}));
        }
      }
      ASSERT_NO_FATAL_FAILURE(expect_all_counted(cable));
    }
  }
  expect_alive();
}

// A start that a word cannot state any more when the frame has a tag more.
TEST_P(HostileFrames, ChecksumThatStartsAtTheLastWordIsFinishedOrDropped) {
  send(offloading_trunk, frame(bob, everybody).tag({.vid = vlan}).build());
  lan_.settle();
  take_all();
  const Bytes to_bob = frame(alice, bob).payload(65'540).build();
  for (std::uint32_t start = 65'520; start <= 65'535; ++start) {
    ASSERT_NO_FATAL_FAILURE(
        send(offloading_access, to_bob,
             {.needs_checksum = true, .checksum_start = static_cast<std::uint16_t>(start)}));
    lan_.settle();
    const std::vector<Bytes> arrived_at_bob = take(offloading_trunk);
    EXPECT_EQ(arrived_at_bob.size(), start + 2 * VlanTag::size <= 0xffff ? 1U : 0U);
    for (const Bytes& arrived : arrived_at_bob) {
      const auto offload = read_offload(std::span(arrived).first<offload_header_size>());
      ASSERT_TRUE(offload && offload->needs_checksum);
      EXPECT_EQ(offload->checksum_start, start + VlanTag::size);
    }
    take_all();
  }
  expect_alive();
}

}  // namespace hostile_frames_test
}  // namespace tapswitch::test
