// SPDX-License-Identifier: Apache-2.0
// decide_fuzz.cpp: no frame, whatever its bytes, upsets parsing, classifying, learning or deciding,
// or leaves by a port where it must not. The first byte of the input chooses the ingress port, the
// rest is the frame.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <span>
#include <vector>

#include "switch/forwarding/decide.hpp"
#include "switch/frame/frame_buffer.hpp"

namespace tapswitch {
namespace {

std::vector<std::optional<PortRule>> every_kind_of_port() {
  std::vector<std::optional<PortRule>> ports(9, PortRule{});
  ports[1]->vlan = {.mode = PortMode::access, .pvid = 10};
  ports[2]->vlan = {.mode = PortMode::trunk, .pvid = no_vlan, .allowed = VlanSet::of(10)};
  ports[3]->vlan = {.mode = PortMode::tunnel, .pvid = 100};
  ports[4]->vlan.acceptable = AcceptableFrames::tagged;
  ports[5]->vlan.acceptable = AcceptableFrames::untagged;
  ports[6]->hairpin = true;
  ports[7]->isolated = true;
  ports[8]->isolated = true;
  return ports;
}

void require(bool condition) {
  if (!condition) {
    std::abort();
  }
}

void check_egress(const Snapshot& snapshot, PortIndex ingress, PortIndex egress, VlanId vid) {
  require(snapshot.has_port(egress) && snapshot.port(egress).carries(vid));
  require(egress != ingress || snapshot.port(egress).hairpin());
}

// Does what the engine does with the tag before it sends.
void check_tags(FrameBuffer& buffer, const Classification& classification) {
  const std::vector<std::byte> before(buffer.head().begin(), buffer.head().end());
  if (classification.has_tag) {
    buffer.set_tag(classification.tag);
    buffer.pop_tag();
  }
  buffer.push_tag(classification.tag);
  const auto view = FrameView::parse(buffer.head());
  require(view && view->tag() == classification.tag);
  require(buffer.size() == before.size() + (classification.has_tag ? 0 : VlanTag::size));
}

void forward(const Snapshot& snapshot, Fdb& fdb, PortIndex ingress, FrameBuffer& buffer) {
  const auto view = FrameView::parse(buffer.head());
  if (!view) {
    return;
  }
  const auto classification = classify(snapshot, ingress, *view);
  if (!classification) {
    return;
  }
  const VlanId vid = classification->tag.vid;
  require(vid >= first_vlan && vid <= last_vlan && snapshot.port(ingress).carries(vid));
  fdb.learn({vid, view->source()}, ingress, 4, TimePoint{});
  const Decision decision = decide(snapshot, fdb, ingress, *view, *classification, TimePoint{});
  if (decision.kind == Decision::Kind::unicast) {
    check_egress(snapshot, ingress, decision.egress, vid);
  }
  for (const PortIndex member : decision.members) {
    if (floods_to(snapshot, ingress, member, decision.flood_kind)) {
      check_egress(snapshot, ingress, member, vid);
    }
  }
  require(fdb.size() <= fdb.capacity());
  check_tags(buffer, *classification);
}

}  // namespace
}  // namespace tapswitch

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tapswitch;
  static const auto ports = every_kind_of_port();
  static const Snapshot snapshot(SwitchRule{.forwarded_reserved = 0x4000}, ports);
  static Fdb fdb(64, std::chrono::seconds(300), 1);
  static FrameBuffer buffer;
  if (size == 0 || size - 1 > FrameBuffer::max_frame_size) {
    return 0;
  }
  const auto frame = std::as_bytes(std::span(data, size)).subspan(1);
  std::copy(frame.begin(), frame.end(), buffer.space().begin());
  buffer.assign(frame.size());
  forward(snapshot, fdb, static_cast<PortIndex>(data[0] % ports.size()), buffer);
  return 0;
}
