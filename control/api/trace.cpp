// SPDX-License-Identifier: Apache-2.0
// trace.cpp: frame.trace: lets a frame go the way that the workers' frames go, and tells it in
// words.
#include <algorithm>
#include <charconv>
#include <memory>
#include <vector>

#include <fmt/format.h>

#include "control/api/arguments.hpp"
#include "control/api/ethertype.hpp"
#include "control/api/handlers.hpp"
#include "control/api/trace_path.hpp"
#include "control/config/conditions.hpp"
#include "control/config/storm_control.hpp"
#include "control/network/describe.hpp"
#include "switch/engine/walk.hpp"

namespace tapswitch::api {
namespace {

using RunningPort = Network::RunningPort;
using Bytes = std::vector<std::byte>;

void append_16(Bytes& bytes, unsigned value) {
  bytes.push_back(static_cast<std::byte>(value >> 8));
  bytes.push_back(static_cast<std::byte>(value));
}

Bytes from_hex(const std::string& hex) {
  Bytes bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    unsigned value = 0;
    std::from_chars(hex.data() + i, hex.data() + i + 2, value, 16);
    bytes.push_back(static_cast<std::byte>(value));
  }
  return bytes;
}

Bytes frame_argument(const Json& frame) {
  if (frame.is_string()) {
    return from_hex(frame.get<std::string>());
  }
  Bytes bytes(2 * MacAddress::size);
  MacAddress::parse(frame.at("dst").get<std::string>())->write(bytes.data());
  MacAddress::parse(frame.at("src").get<std::string>())->write(bytes.data() + MacAddress::size);
  if (const auto vid = optional_vlan(frame)) {
    append_16(bytes, static_cast<unsigned>(TagType::customer));
    append_16(bytes, *vid);
  }
  constexpr unsigned ipv4 = 0x0800;
  const Json type = frame.value("ethertype", Json(ipv4));
  append_16(bytes,
            type.is_string() ? *read_ethertype(type.get<std::string>()) : type.get<unsigned>());
  return bytes;
}

std::string to_text(const VlanTag& tag) {
  return fmt::format("{:#06x} VID {} priority {}", static_cast<unsigned>(tag.type), tag.vid,
                     tag.priority);
}

Json to_json(const VlanTag& tag) {
  return {{"vid", tag.vid},
          {"priority", tag.priority},
          {"drop_eligible", tag.drop_eligible},
          {"ethertype", fmt::format("{:#06x}", static_cast<unsigned>(tag.type))}};
}

// The outermost tag, which may be one that came in behind another; 'type' announces one too.
std::optional<VlanTag> outermost_tag(const FrameBuffer& frame, TagType type) {
  const auto view = FrameView::parse(frame.head());
  if (view && view->announces(type) && view->has_room_for_tag()) {
    return view->as_tag();
  }
  return view ? view->tag() : std::nullopt;
}

// Tells of a frame at each step of its way (switch/engine/walk.hpp), which it goes as the
// workers would let it go; but nothing is counted, learned or sent.
class Narrator {
 public:
  Narrator(const Network& network, const RunningPort& ingress, TimePoint now)
      : network_(network), ingress_(ingress), engine_(*ingress.home->engine), now_(now) {}

  [[nodiscard]] TimePoint now() const { return now_; }
  [[nodiscard]] const Fdb& fdb() const { return itself_ ? *itself_ : engine_.fdb(); }
  [[nodiscard]] FrameBuffer& segment() { return *segment_; }

  void arrived(const FrameBuffer& /*frame*/) {}

  void parsed(const FrameView& view, std::size_t size) {
    note("{} bytes from {} to {} come in by port {}", size, view.source().to_string(),
         view.destination().to_string(), ingress_.spec.name);
    note("{}", view.tag() ? "tagged: " + to_text(*view.tag()) : "untagged");
    note_conditions(ingress_);
  }

  // An observer is not asked, for it would take the frame for one that has come.
  [[nodiscard]] std::optional<DropReason> observed(FrameBuffer& frame, VlanId vid) {
    vid_ = vid;
    const Picture::Slot& slot = engine_.picture().slot(ingress_.index);
    if (slot.is_mirrored_to) {
      return DropReason::mirror_destination;
    }
    note_copies(slot, slot.mirrors_in, frame);
    return std::nullopt;
  }

  void classified(const FrameView& /*view*/, const Classification& classification) {
    tag_type_ = classification.tag.type;
    followed_.needs_vendor_tag = classification.has_tag && is_vendors(tag_type_);
    result_["vlan"] = classification.tag.vid;
    note("belongs to VLAN {}", classification.tag.vid);
  }

  void entered(VlanId /*vid*/, std::size_t /*size*/) {}

  [[nodiscard]] std::optional<Learned> learn(const Station& source, const PortView& rule) {
    const config::PortSpec& port = ingress_.spec;
    followed_.source = source;
    if (!rule.learning()) {
      note("learning is off on port {}", port.name);
      return std::nullopt;
    }
    if (engine_.port_state(ingress_.index).link != PortLink::up) {
      note("the link of port {} is down, and nothing is learned there", port.name);
      return std::nullopt;
    }
    if (!engine_.port_state(ingress_.index).learns()) {
      note("port {} discards, and nothing is learned there", port.name);
      return std::nullopt;
    }
    const auto known = engine_.fdb().find(source, now_);
    const Learned learned =
        engine_.fdb().would_learn(source, ingress_.index, rule.fdb_limit(), now_);
    note_learned(learned, source.mac.to_string(), known ? name_of(*known) : "");
    followed_.is_news = known != ingress_.index;
    if (learned == Learned::added || learned == Learned::moved) {
      news_ = source;
    }
    return learned;
  }

  // A station that sends to itself is looked up after it was learned, which must not happen here: a
  // table of one station stands in.
  void decides(const FrameView& view, VlanId vid) {
    const Station destination{.vid = vid, .mac = view.destination()};
    followed_.destination = destination;
    if (news_ == destination) {
      itself_.emplace(1, SwitchOptions::default_ageing, 0)
          .learn(destination, ingress_.index, 0, now_);
    }
    note_lookup(destination);
  }

  void decided(const Decision& decision) { decision_ = decision.kind; }

  // The frame takes nothing of what storm control lets in.
  [[nodiscard]] bool is_limited(FloodKind kind, const FrameBuffer& frame) {
    note("port {} has storm control: {}", ingress_.spec.name,
         config::in_short(ingress_.rule().storm));
    return !engine_.picture().storm_gate(ingress_.index).would_let_in(kind, frame, now_);
  }

  void punt(const FrameBuffer& /*frame*/, VlanId /*vid*/, std::optional<Learned> /*learned*/) {
    note("goes to the protocols of the switch");
    is_punted_ = true;
  }

  void drop(DropReason reason, const FrameBuffer& /*frame*/, VlanId /*vid*/) {
    note("dropped: {}", text_of(reason).description);
    result_["reason"] = text_of(reason).name;
  }

  void refuse(PortIndex port, AddressKind /*kind*/, DropReason reason,
              const FrameBuffer& /*frame*/) {
    const std::string name = name_of(port);
    note("dropped at port {}: {}", name, text_of(reason).description);
    dropped_.push_back({{"port", name}, {"reason", text_of(reason).name}});
  }

  void leave(PortIndex port, AddressKind kind, FrameBuffer& frame, bool /*may_be_held*/) {
    if (const auto reason = refuse_link(port)) {
      refuse(port, kind, *reason, frame);
      return;
    }
    const std::string name = name_of(port);
    const std::optional<VlanTag> tag = outermost_tag(frame, tag_type_);
    note("leaves by port {} {}", name, tag ? "tagged: " + to_text(*tag) : "untagged");
    const Picture::Slot& slot = engine_.picture().slot(port);
    note_copies(slot, slot.mirrors_out, frame);
    note_conditions(network_.ports().at(name));
    followed_.egress = decision_ == Decision::Kind::unicast ? std::optional(port) : std::nullopt;
    followed_.size = frame.size();
    followed_.needs_vendor_tag |=
        is_vendors(tag_type_) &&
        engine_.snapshot().port(port).sends_tagged(followed_.destination.vid);
    egress_.push_back({{"port", name}, {"tag", tag ? to_json(*tag) : Json()}});
  }

  void cuts(PortIndex /*port*/, const FrameBuffer& /*frame*/) {}

  void leave_cut(PortIndex port, AddressKind kind, FrameBuffer& segment) {
    leave(port, kind, segment, false);
  }

  void crossed(AddressKind /*kind*/) {}

  // The whole story.
  Json conclude() {
    if (egress_.empty() && !dropped_.empty()) {
      result_["reason"] = dropped_.front()["reason"];
    }
    const auto refusal = path_refusal(network_, ingress_, followed_);
    if (!network_.path_refusal()) {
      note("{}", refusal ? "is left to the workers: " + *refusal : "goes by the kernel path");
    }
    Json json = {{"outcome", outcome()}};
    json.update(result_);
    json["egress"] = egress_;
    json["dropped"] = dropped_;
    json["mirrored"] = mirrored_;
    json["kernel_path"] = network::path_to_json(refusal);
    json["steps"] = steps_;
    return json;
  }

 private:
  template <typename... Args>
  void note(fmt::format_string<Args...> format, Args&&... args) {
    steps_.push_back(fmt::format(format, std::forward<Args>(args)...));
  }

  [[nodiscard]] std::string name_of(PortIndex index) const {
    const std::string* name = network_.port_name(*ingress_.home, index);
    return name != nullptr ? *name : "(a port that is gone)";
  }

  void note_conditions(const RunningPort& port) {
    if (!port.spec.conditions.are_none()) {
      note("port {} has conditions: {}", port.spec.name, config::in_short(port.spec.conditions));
    }
  }

  // A frame goes to a destination once.
  void note_copies(const Picture::Slot& slot, std::uint32_t mirrors, FrameBuffer& frame) {
    if (mirrors == 0) {
      return;
    }
    for (const PortIndex to : slot.mirroring->destinations(mirrors, frame, vid_)) {
      note("a mirror sends a copy to port {}", name_of(to));
      mirrored_.push_back(name_of(to));
    }
  }

  void note_learned(Learned learned, const std::string& mac, const std::string& known_on) {
    const config::PortSpec& port = ingress_.spec;
    switch (learned) {
      case Learned::added:
        return note("{} would be learned on port {}", mac, port.name);
      case Learned::moved:
        return note("{} would move from port {} to port {}", mac, known_on, port.name);
      case Learned::refreshed:
        return note("{} is known on port {}", mac, port.name);
      case Learned::fixed:
        return note("{} is fixed on port {} by a static entry", mac, known_on);
      case Learned::table_full:
        return note("{} would not be learned: the forwarding database has no room", mac);
      case Learned::port_full:
        return note("{} would not be learned: port {} has its limit of stations ({})", mac,
                    port.name, ingress_.rule().fdb_limit);
    }
  }

  void note_lookup(const Station& destination) {
    const std::string mac = destination.mac.to_string();
    if (destination.mac.is_group()) {
      note("{} is {}", mac, destination.mac.is_broadcast() ? "broadcast" : "a group");
    } else if (const auto known = fdb().find(destination, now_)) {
      note("{} is reached by port {}", mac, name_of(*known));
    } else {
      note("{} is not known", mac);
    }
  }

  // Returns what can be known of it without sending: a worker learns the rest from the kernel.
  std::optional<DropReason> refuse_link(PortIndex egress) {
    const std::string* const name = network_.port_name(*ingress_.home, egress);
    if (name == nullptr) {
      return DropReason::port_gone;
    }
    const LinkStatus link = network_.ports().at(*name).known_link(links_);
    if (!link.is_present) {
      return DropReason::port_gone;
    }
    // A port without an interface has a carrier if somebody is there.
    const bool is_reached = link.has_carrier || !link.interface.empty();
    return link.is_up && is_reached ? std::nullopt : std::optional(DropReason::link_down);
  }

  [[nodiscard]] const char* outcome() const {
    if (!egress_.empty()) {
      return decision_ == Decision::Kind::unicast ? "unicast" : "flood";
    }
    return is_punted_ ? "punt" : "drop";
  }

  const Network& network_;
  const RunningPort& ingress_;
  const Switch& engine_;
  const TimePoint now_;
  const std::unique_ptr<FrameBuffer> segment_ = std::make_unique<FrameBuffer>();
  LinkReader links_;
  std::optional<Station> news_;  // what would be learned
  std::optional<Fdb> itself_;
  Decision::Kind decision_{};
  VlanId vid_ = no_vlan;
  TagType tag_type_{};  // with which it leaves where it is tagged
  FollowedFrame followed_;
  bool is_punted_ = false;
  std::vector<std::string> steps_;
  Json result_ = Json::object();
  Json egress_ = Json::array();
  Json mirrored_ = Json::array();
  Json dropped_ = Json::array();
};

}  // namespace

void add_trace_handlers(Handlers& handlers, Network& network) {
  handlers["frame.trace"] = [&network](const Json& params, const rpc::Caller&) {
    const Bytes bytes = frame_argument(params.at("frame"));
    const auto arrival = std::make_unique<Arrival>();
    const FrameBuffer::Part parts[] = {bytes};
    (void)arrival->frame.borrow(parts);  // the schema has seen to its length
    const RunningPort& ingress = network.find_port(params.at("port"));
    network.follow_links();
    if (!ingress.home->engine->is_in_force(ingress.index)) {
      throw rpc::Error(rpc::ErrorKind::conflict,
                       "no frame crosses port '" + ingress.spec.name +
                           "' before the change that is under way is made",
                       {{"object", ingress.spec.name}});
    }
    Narrator narrator(network, ingress, std::chrono::steady_clock::now());
    Walk walk(ingress.home->engine->picture(), ingress.index, narrator);
    if (walk.admit(*arrival)) {
      walk.forward(*arrival);
    }
    return narrator.conclude();
  };
}

}  // namespace tapswitch::api
