// SPDX-License-Identifier: Apache-2.0
// The kernel as the judge of tunnel.cpp, as it is of segmentation.cpp
// (kernel_segmentation_test.cpp): what it cuts of a super-frame inside a tunnel must equal what we
// cut, byte for byte. A TAP tells it of tunnels by a header of 24 bytes, which Linux 6.17 reads.
#include <gtest/gtest.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <iostream>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "switch/frame/frame_view.hpp"
#include "switch/system/unique_fd.hpp"
#include "tests/ports/interface/cutting_kernel.hpp"
#include "tests/support/super_frame.hpp"
#include "tests/support/tunnel_frame.hpp"

namespace tapswitch {
namespace kernel_tunnel_segmentation_test {

using test::TunnelFrame;
using test::TunnelKind;
using test::TunnelRecipe;
using Bytes = std::vector<std::byte>;
using Random = std::mt19937;

// struct virtio_net_hdr_v1_hash_tunnel [virtio 1.4, 5.1.6]: the header that all have, the number of
// buffers, a hash, and the offsets of the outer transport and of the inner IP.
constexpr std::size_t header_size = 24;
constexpr std::size_t outer_transport_at = 20;
constexpr std::size_t inner_network_at = 22;
constexpr std::byte has_outer_checksum{0x08};
constexpr std::byte in_udp_over_ipv4{0x20};
constexpr std::byte in_udp_over_ipv6{0x40};

TunnelFrame any_frame(Random& random) {
  test::SuperFrameRecipe inner;
  inner.is_ipv6 = draw(random, 0, 1) == 1;
  inner.kind = draw(random, 0, 1) == 1 ? TransportKind::tcp : TransportKind::udp;
  inner.tcp_option_size = 4 * draw(random, 0, 10);
  inner.tcp_flags = static_cast<std::uint8_t>(draw(random, 0, 255));
  inner.identification = static_cast<std::uint16_t>(draw(random, 0, 0xffff));
  inner.sequence = static_cast<std::uint32_t>(draw(random, 0, 0xffff'ffff));
  inner.segment_size = static_cast<std::uint16_t>(draw(random, 200, 9'000));
  const std::size_t most = std::min<std::size_t>(64'000, inner.segment_size * std::size_t{100});
  inner.payload = test::noise(draw(random, inner.segment_size + 1U, most),
                              static_cast<std::uint32_t>(random()));
  TunnelRecipe recipe;
  recipe.kind = draw(random, 0, 1) == 1 ? TunnelKind::vxlan : TunnelKind::geneve;
  recipe.is_ipv6 = draw(random, 0, 1) == 1;
  recipe.has_checksum = draw(random, 0, 2) != 0;
  recipe.option_size = 4 * draw(random, 0, 10);
  recipe.identification = static_cast<std::uint16_t>(draw(random, 0, 0xffff));
  return test::wrap(test::build(inner), recipe);
}

void put_little(Bytes& bytes, std::size_t offset, std::size_t value) {
  bytes[offset] = static_cast<std::byte>(value & 0xff);
  bytes[offset + 1] = static_cast<std::byte>(value >> 8);
}

class KernelTunnelSegmentation : public CuttingKernel {
 protected:
  void SetUp() override {
    TAPSWITCH_REQUIRES_ROOT();
    make_bridge(header_size);
    join({"sender", "receiver"});
  }

  // 0, or the errno.
  [[nodiscard]] int send(const TunnelFrame& frame) const {
    Bytes header(header_size);
    write_offload(frame.offload, std::span(header).first<offload_header_size>());
    header[0] |= frame.recipe.has_checksum ? has_outer_checksum : std::byte{0};
    header[1] |= frame.recipe.is_ipv6 ? in_udp_over_ipv6 : in_udp_over_ipv4;
    put_little(header, outer_transport_at, frame.transport);
    put_little(header, inner_network_at, frame.inside + FrameView::header_size);
    return CuttingKernel::send(header, frame.bytes);
  }
};

TEST_F(KernelTunnelSegmentation, CutsAreThoseOfTheKernel) {
  Random random(20'251'128);
  for (int i = 0; i < 300; ++i) {
    const TunnelFrame frame = any_frame(random);
    const int error = send(frame);
    if (i == 0 && error == EINVAL) {
      std::cout << "not compared: it needs Linux 6.17\n";
      return;
    }
    ASSERT_EQ(error, 0) << "frame " << i;
    const std::vector<Bytes> ours = test::cut(frame.bytes, frame.offload);
    const std::vector<Bytes> theirs = what_the_kernel_cut(ours.size());
    ASSERT_EQ(ours.size(), theirs.size()) << "frame " << i;
    for (std::size_t segment = 0; segment < ours.size(); ++segment) {
      ASSERT_EQ(ours[segment], theirs[segment])
          << "frame " << i << ", segment " << segment << " of " << ours.size() << ", tunnel "
          << int{static_cast<std::uint8_t>(frame.recipe.kind)};
    }
  }
}

}  // namespace kernel_tunnel_segmentation_test
}  // namespace tapswitch
