// SPDX-License-Identifier: Apache-2.0
#include "control/network/announcer.hpp"

#include <utility>

#include "control/network/describe.hpp"
#include "control/network/describe_tree.hpp"

namespace tapswitch::network {

using events::Topic;

Announcer::Announcer(events::EventHub& events, Notice notice)
    : events_(events), notice_(std::move(notice)) {}

void Announcer::tell_remarks(const RunningPort& port) const {
  for (const std::string& remark : port.remarks) {
    notice_("port '" + port.spec.name + "': " + remark);
  }
}

void Announcer::tell(const RunningSwitch& home, std::string_view event) const {
  if (events_.is_wanted(Topic::switches)) {
    events_.publish(Topic::switches, event, home.spec.name,
                    event == "removed" ? Json{{"name", home.spec.name}} : describe(home));
  }
}

void Announcer::tell(const RunningPort& port, std::string_view event) const {
  if (events_.is_wanted(Topic::ports)) {
    events_.publish(
        Topic::ports, event, port.home->spec.name,
        event == "removed" ? Json{{"name", port.spec.name}} : describe(port, port.seen));
  }
}

void Announcer::tell_storm(const RunningPort& port, FloodKind kind, std::string_view event) const {
  if (events_.is_wanted(Topic::ports)) {
    Json data = describe(port, port.seen);
    data["storm"] = {{"class", text_of(kind)}, {"dropped", port.storms[to_size(kind)].dropped()}};
    events_.publish(Topic::ports, event, port.home->spec.name, data);
  }
}

void Announcer::tell_tree(const RunningSwitch& home, const std::string& port,
                          const protocols::RstpPort& in_tree,
                          protocols::RstpEvent::Kind kind) const {
  using Kind = protocols::RstpEvent::Kind;
  if (!events_.is_wanted(Topic::trees)) {
    return;
  }
  const bool is_guard =
      kind == Kind::bpdu_guard || kind == Kind::root_guard || kind == Kind::root_guard_over;
  const char* const event = is_guard              ? "guard"
                            : kind == Kind::role  ? "role"
                            : kind == Kind::state ? "state"
                                                  : "topology_change";
  events_.publish(Topic::trees, event, home.spec.name, describe_in_tree(port, in_tree));
}

void Announcer::tell_vlan(const RunningSwitch& home, VlanId vid,
                          const std::optional<std::string>& name) const {
  events_.publish(Topic::vlans, "changed", home.spec.name,
                  {{"vid", vid}, {"name", name ? Json(*name) : Json()}});
}

void Announcer::tell_revision(std::uint64_t revision) const {
  events_.publish(Topic::configuration, "changed", {}, {{"revision", revision}});
}

}  // namespace tapswitch::network
