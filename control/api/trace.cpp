// SPDX-License-Identifier: Apache-2.0
// trace.cpp: frame.trace: asks the functions that forward frames where one would go, and puts their
// answers into words.
#include <algorithm>
#include <charconv>
#include <memory>
#include <vector>

#include <fmt/format.h>

#include "control/api/arguments.hpp"
#include "control/api/handlers.hpp"
#include "switch/engine/egress.hpp"
#include "switch/forwarding/decide.hpp"

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
  append_16(bytes, frame.value("ethertype", ipv4));
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

// The outermost tag, which may be one that came in behind another.
std::optional<VlanTag> outermost_tag(const FrameBuffer& frame) {
  const auto view = FrameView::parse(frame.bytes());
  return view ? view->tag() : std::nullopt;
}

// Follows one frame and writes down what happens to it.
class Trace {
 public:
  Trace(const Network& network, const RunningPort& ingress, TimePoint now)
      : network_(network), ingress_(ingress), engine_(*ingress.home->engine), now_(now) {}

  Json follow(FrameBuffer& frame) {
    const auto view = FrameView::parse(frame.bytes());
    if (!view) {
      return drop(view.error() == FrameFault::runt ? DropReason::runt : DropReason::tag_truncated);
    }
    note("{} bytes from {} to {} come in by port {}", view->size(), view->source().to_string(),
         view->destination().to_string(), ingress_.spec.name);
    note("{}", view->tag() ? "tagged: " + to_text(*view->tag()) : "untagged");
    const auto classification = classify(engine_.snapshot(), ingress_.index, *view);
    if (!classification) {
      return drop(classification.error());
    }
    const VlanId vid = classification->tag.vid;
    result_["vlan"] = vid;
    note("belongs to VLAN {}", vid);
    const Station source{.vid = vid, .mac = view->source()};
    const Station destination{.vid = vid, .mac = view->destination()};
    // A station that sends to itself is looked up after it was learned, which must not happen here:
    // a table of one station stands in.
    std::optional<Fdb> itself;
    if (learn(source) && source == destination) {
      itself.emplace(1, SwitchOptions::default_ageing, 0).learn(source, ingress_.index, 0, now_);
    }
    const Fdb& fdb = itself ? *itself : engine_.fdb();
    note_lookup(fdb, destination);
    const Decision decision =
        decide(engine_.snapshot(), fdb, ingress_.index, *view, *classification, now_);
    if (decision.kind == Decision::Kind::drop) {
      return drop(decision.reason);
    }
    send(frame, *classification, decision);
    return conclude(decision);
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

  // Whether the FDB would have news of 'source'.
  bool learn(const Station& source) {
    const config::PortSpec& port = ingress_.spec;
    if (!port.rule.learning) {
      note("learning is off on port {}", port.name);
      return false;
    }
    const std::string mac = source.mac.to_string();
    const auto known = engine_.fdb().find(source, now_);
    const std::string known_on = known ? name_of(*known) : "";
    switch (engine_.fdb().would_learn(source, ingress_.index, port.rule.fdb_limit, now_)) {
      case Learned::added:
        note("{} would be learned on port {}", mac, port.name);
        return true;
      case Learned::moved:
        note("{} would move from port {} to port {}", mac, known_on, port.name);
        return true;
      case Learned::refreshed:
        note("{} is known on port {}", mac, port.name);
        return false;
      case Learned::fixed:
        note("{} is fixed on port {} by a static entry", mac, known_on);
        return false;
      case Learned::table_full:
        note("{} would not be learned: the forwarding database has no room", mac);
        return false;
      case Learned::port_full:
        note("{} would not be learned: port {} has its limit of stations ({})", mac, port.name,
             port.rule.fdb_limit);
        return false;
    }
    return false;
  }

  void note_lookup(const Fdb& fdb, const Station& destination) {
    const std::string mac = destination.mac.to_string();
    if (destination.mac.is_group()) {
      note("{} is {}", mac, destination.mac.is_broadcast() ? "broadcast" : "a group");
    } else if (const auto known = fdb.find(destination, now_)) {
      note("{} is reached by port {}", mac, name_of(*known));
    } else {
      note("{} is not known", mac);
    }
  }

  void send(FrameBuffer& frame, const Classification& classification, const Decision& decision) {
    EgressTag tag(frame, classification);
    if (decision.kind == Decision::Kind::unicast) {
      send_by(decision.egress, frame, tag, classification.tag.vid);
      return;
    }
    for (const PortIndex member : decision.members) {
      if (floods_to(engine_.snapshot(), ingress_.index, member, decision.flood_kind)) {
        send_by(member, frame, tag, classification.tag.vid);
      }
    }
  }

  void send_by(PortIndex egress, FrameBuffer& frame, EgressTag& egress_tag, VlanId vid) {
    const PortView& port = engine_.snapshot().port(egress);
    if (port.sends_tagged(vid)) {
      egress_tag.put_on();
    } else {
      egress_tag.take_off();
    }
    const std::string name = name_of(egress);
    if (const auto reason = refusal_of(egress, frame)) {
      note("dropped at port {}: {}", name, text_of(*reason).description);
      dropped_.push_back({{"port", name}, {"reason", text_of(*reason).name}});
      return;
    }
    const std::optional<VlanTag> tag = outermost_tag(frame);
    note("leaves by port {} {}", name, tag ? "tagged: " + to_text(*tag) : "untagged");
    egress_.push_back({{"port", name}, {"tag", tag ? to_json(*tag) : Json()}});
  }

  // What of it can be known without sending: a worker learns the rest from the kernel.
  std::optional<DropReason> refusal_of(PortIndex egress, const FrameBuffer& frame) {
    if (const auto reason = refuse_length(frame, engine_.snapshot().port(egress))) {
      return reason;
    }
    const LinkStatus link = engine_.port(egress).read_link(links_);
    if (!link.is_present) {
      return DropReason::port_gone;
    }
    return link.is_up ? std::nullopt : std::optional(DropReason::link_down);
  }

  Json conclude(const Decision& decision) {
    if (!egress_.empty()) {
      return finish(decision.kind == Decision::Kind::unicast ? "unicast" : "flood");
    }
    if (dropped_.empty()) {
      return drop(DropReason::no_egress);
    }
    result_["reason"] = dropped_.front()["reason"];
    return finish("drop");
  }

  Json drop(DropReason reason) {
    note("dropped: {}", text_of(reason).description);
    result_["reason"] = text_of(reason).name;
    return finish("drop");
  }

  Json finish(const char* outcome) {
    Json json = {{"outcome", outcome}};
    json.update(result_);
    json["egress"] = egress_;
    json["dropped"] = dropped_;
    json["steps"] = steps_;
    return json;
  }

  const Network& network_;
  const RunningPort& ingress_;
  const Switch& engine_;
  TimePoint now_;
  LinkReader links_;
  std::vector<std::string> steps_;
  Json result_ = Json::object();
  Json egress_ = Json::array();
  Json dropped_ = Json::array();
};

}  // namespace

void add_trace_handlers(Handlers& handlers, Network& network) {
  handlers["frame.trace"] = [&network](const Json& params, const rpc::Caller&) {
    const Bytes bytes = frame_argument(params.at("frame"));
    const auto frame = std::make_unique<FrameBuffer>();
    std::copy(bytes.begin(), bytes.end(), frame->space().begin());
    frame->assign(bytes.size());
    frame->find_layout();
    Trace trace(network, network.find_port(params.at("port")), std::chrono::steady_clock::now());
    return trace.follow(*frame);
  };
}

}  // namespace tapswitch::api
