// SPDX-License-Identifier: Apache-2.0
// trace.cpp: frame.trace: asks the functions that forward frames where one would go, and puts their
// answers into words.
#include <charconv>
#include <vector>

#include <fmt/format.h>

#include "control/api/arguments.hpp"
#include "control/api/handlers.hpp"
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

// Follows one frame and writes down what happens to it.
class Trace {
 public:
  Trace(const Network& network, const RunningPort& ingress)
      : network_(network), ingress_(ingress), engine_(*ingress.home->engine) {}

  Json follow(const Bytes& bytes, TimePoint now) {
    const auto view = FrameView::parse(bytes);
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
    const VlanTag& tag = classification->tag;
    result_["vlan"] = tag.vid;
    note("belongs to VLAN {}", tag.vid);
    note_learning({tag.vid, view->source()}, now);
    note_lookup({tag.vid, view->destination()}, now);
    const Decision decision =
        decide(engine_.snapshot(), engine_.fdb(), ingress_.index, *view, *classification, now);
    return conclude(decision, tag);
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

  void note_learning(const Station& source, TimePoint now) {
    if (!ingress_.spec.rule.learning) {
      note("learning is off on port {}", ingress_.spec.name);
      return;
    }
    const auto known = engine_.fdb().find(source, now);
    if (!known) {
      note("{} would be learned on port {}", source.mac.to_string(), ingress_.spec.name);
    } else if (*known != ingress_.index) {
      note("{} is known on port {}", source.mac.to_string(), name_of(*known));
    }
  }

  void note_lookup(const Station& destination, TimePoint now) {
    if (destination.mac.is_group()) {
      note("{} is {}", destination.mac.to_string(),
           destination.mac.is_broadcast() ? "broadcast" : "a group");
      return;
    }
    const auto known = engine_.fdb().find(destination, now);
    note("{}", known ? fmt::format("{} is reached by port {}", destination.mac.to_string(),
                                   name_of(*known))
                     : fmt::format("{} is not known", destination.mac.to_string()));
  }

  Json conclude(const Decision& decision, const VlanTag& tag) {
    switch (decision.kind) {
      case Decision::Kind::drop:
        return drop(decision.reason);
      case Decision::Kind::unicast:
        send_by(decision.egress, tag);
        return finish("unicast");
      case Decision::Kind::flood:
        break;
    }
    for (const PortIndex member : decision.members) {
      if (floods_to(engine_.snapshot(), ingress_.index, member, decision.flood_kind)) {
        send_by(member, tag);
      }
    }
    return egress_.empty() ? drop(DropReason::no_egress) : finish("flood");
  }

  void send_by(PortIndex egress, const VlanTag& tag) {
    const bool is_tagged = engine_.snapshot().port(egress).sends_tagged(tag.vid);
    note("leaves by port {} {}", name_of(egress),
         is_tagged ? "tagged: " + to_text(tag) : "untagged");
    Json json = {{"port", name_of(egress)}, {"tag", nullptr}};
    if (is_tagged) {
      json["tag"] = {{"vid", tag.vid},
                     {"priority", tag.priority},
                     {"drop_eligible", tag.drop_eligible},
                     {"ethertype", fmt::format("{:#06x}", static_cast<unsigned>(tag.type))}};
    }
    egress_.push_back(std::move(json));
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
    json["steps"] = steps_;
    return json;
  }

  const Network& network_;
  const RunningPort& ingress_;
  const Switch& engine_;
  std::vector<std::string> steps_;
  Json result_ = Json::object();
  Json egress_ = Json::array();
};

}  // namespace

void add_trace_handlers(Handlers& handlers, Network& network) {
  handlers["frame.trace"] = [&network](const Json& params, const rpc::Caller&) {
    Trace trace(network, network.find_port(params.at("port")));
    return trace.follow(frame_argument(params.at("frame")), std::chrono::steady_clock::now());
  };
}

}  // namespace tapswitch::api
