// SPDX-License-Identifier: Apache-2.0
// network_links.cpp: the part of Network that follows what becomes of the interfaces of ports,
// whoever has changed them.
#include <utility>

#include "control/network/network.hpp"
#include "control/rpc/error.hpp"
#include "switch/ports/interface_link.hpp"

namespace tapswitch::network {

// Throws if another port has the interface of the new one already, by whatever name and namespace
// it was called.
void Network::check_link(const RunningPort& added) {
  const LinkStatus link = added.port->link();
  const auto name_space = added.port->open_name_space();
  if (link.index == 0 || !name_space) {
    return;
  }
  const RunningPort* user = nullptr;
  if (const auto number = listen_to_link(added)) {
    const auto found = port_at_.find({.name_space = *number, .index = link.index});
    user = found != port_at_.end() ? &ports_.at(found->second) : nullptr;
  } else {
    for (const auto& [name, port] : ports_) {
      if (!port.link_key && !port.is_lost && port.seen.index == link.index) {
        const auto other = port.port->open_name_space();
        if (other && net_namespace_id(other->get()) == net_namespace_id(name_space->get())) {
          user = &port;
        }
      }
    }
  }
  if (user != nullptr) {
    throw rpc::Error(
        rpc::ErrorKind::already_exists,
        "port '" + user->spec.name + "' has the interface '" + link.interface + "' already",
        {{"object", link.interface}, {"field", "interface"}, {"port", user->spec.name}});
  }
}

// Watches the link of a new port. Listens before it looks, so that no change falls between.
void Network::watch_link(RunningPort& port) {
  const auto name_space = listen_to_link(port);
  follow_links(&port);
  key_link(port, name_space);
}

std::optional<int> Network::listen_to_link(const RunningPort& port) {
  if (monitor_) {
    if (const auto name_space = port.port->open_name_space()) {
      return monitor_->listen_to(name_space->get());
    }
  }
  return std::nullopt;
}

// The port that has this interface open, as far as we hear of interfaces; nullptr if none has.
const std::string* Network::user_of(const PassedEnd& passed) const {
  if (passed.interface.empty()) {
    return nullptr;
  }
  for (const auto& [port_name, port] : ports_) {
    if (port.seen.interface != passed.interface) {
      continue;
    }
    const auto its_name_space = port.port->open_name_space();
    if (its_name_space &&
        net_namespace_id(its_name_space->get()) == net_namespace_id(passed.name_space.get())) {
      return &port_name;
    }
  }
  return nullptr;
}

void Network::key_link(RunningPort& port, std::optional<int> name_space) {
  unwatch_link(port);
  port.seen = port.port->link();
  if (name_space && port.seen.index != 0) {
    port.link_key = {.name_space = *name_space, .index = port.seen.index};
    port_at_[*port.link_key] = port.spec.name;
  }
  if (const auto near = monitor_ ? port.port->near_index() : std::nullopt) {
    port.near_key = {.index = *near};
    port_at_[*port.near_key] = port.spec.name;
  }
}

void Network::unwatch_link(RunningPort& port) {
  for (const LinkKey& key : keys_of(port)) {
    port_at_.erase(key);
  }
  port.link_key.reset();
  port.near_key.reset();
}

std::vector<LinkKey> Network::keys_of(const RunningPort& port) {
  std::vector<LinkKey> keys;
  for (const auto& key : {port.link_key, port.near_key}) {
    if (key) {
      keys.push_back(*key);
    }
  }
  return keys;
}

void Network::follow_links(const RunningPort* except) {
  if (!monitor_) {
    return;
  }
  const LinkMonitor::Notices taken = monitor_->take();
  if (taken.notices.empty() && !taken.has_missed) {
    return;
  }
  // A thousand interfaces may change at once.
  for (const auto& [name, running] : switches_) {
    running.engine->gather_states();
  }
  try {
    heed(taken, except);
  } catch (...) {
    bring_states();
    throw;
  }
  bring_states();
}

void Network::bring_states() {
  for (const auto& [name, running] : switches_) {
    try {
      running.engine->bring_states();
    } catch (const std::exception& error) {
      announcer_.tell_operator(std::string("how links are takes effect with the next change: ") +
                               error.what());
    }
  }
}

void Network::heed(const LinkMonitor::Notices& taken, const RunningPort* except) {
  if (taken.has_missed) {
    for (auto& [name, port] : ports_) {
      look_again(port);
    }
    return;  // what the notices say is older than what was seen now
  }
  for (const LinkMonitor::Notice& notice : taken.notices) {
    const auto found = port_at_.find(notice.key);
    if (found == port_at_.end()) {
      continue;
    }
    RunningPort& port = ports_.at(found->second);
    if (&port == except) {
      continue;
    }
    if (notice.is_gone) {
      look_again(port);
    } else if (notice.key == port.near_key) {
      continue;  // what that does to the other end is told of that
    } else if (const auto event = note_link(port, to_link(notice.info)); !event.empty()) {
      announcer_.tell(port, event);
    }
  }
}

// Polls the links of ports that the monitor does not watch.
void Network::look_at_unwatched_links() {
  LinkReader reader;
  std::vector<RunningPort*> gone;
  for (auto& [name, port] : ports_) {
    if (port.link_key || port.is_lost) {
      continue;
    }
    port.port->heed_changes();
    LinkStatus link = port.link(reader);
    if (port.is_guest() && !link.is_present) {
      gone.push_back(&port);
    } else if (const auto event = note_link(port, std::move(link)); !event.empty()) {
      announcer_.tell(port, event);
    }
  }
  for (RunningPort* guest : gone) {
    remove_port(*guest);
  }
}

void Network::look_at(RunningPort& port) {
  if (const auto event = note_link(port, port.port->link()); !event.empty()) {
    announcer_.tell(port, event);
  }
}

// Looks for an interface that is gone, or somewhere else.
void Network::look_again(RunningPort& port) {
  if (port.is_lost || port.is_guest()) {
    return;
  }
  const LinkStatus before = port.seen;
  const auto key_before = port.link_key;
  key_link(port, listen_to_link(port));
  if (key_before && port.link_key && key_before->name_space != port.link_key->name_space) {
    claims_.release(port.spec.name);  // where it was there may be another of its name
  }
  const LinkStatus now = std::exchange(port.seen, before);
  if (const auto event = note_link(port, now); !event.empty()) {
    announcer_.tell(port, event);
  }
}

// Takes notice of how the interface is. Returns the event that this makes; empty: nothing is new.
std::string_view Network::note_link(RunningPort& port, LinkStatus now) {
  const bool is_on_wire = port.home->spec.is_wire;
  if (is_on_wire && now.is_up && !now.has_carrier && !port.is_held && !port.is_lost) {
    now = port.port->link();  // the news may be older than what we did to the carrier
  }
  if (!now.is_present) {
    if (port.is_lost) {
      return {};
    }
    lose_port(port);
    if (is_on_wire) {
      follow_carriers(*port.home);
    }
    return "lost";
  }
  const LinkStatus before = std::exchange(port.seen, std::move(now));
  if (!port.seen.missing_file.empty() && before.missing_file.empty()) {
    announcer_.tell_operator(
        "port '" + port.spec.name + "': its socket file '" + port.seen.missing_file +
        "' is gone or another is in its place, and " +
        (port.is_guest() ? "who sends to its path does not reach it: have the client come in anew"
                         : "nobody can come in: remove the port and add it anew"));
  }
  const LinkStatus& seen = port.seen;
  follow_name(port);
  if ((!port.spec.has_carrier || port.is_held) && seen.is_up && seen.has_carrier) {
    unplug_again(port);
    port.seen.has_carrier = false;
  }
  const bool was_up = port.state(before) == "up";
  port.bring_state();
  if (was_up && port.state(seen) != "up" && !port.link_key) {
    port.forget_learned();
  }
  if (is_on_wire) {
    follow_carriers(*port.home);
  }
  if (const auto state = port.state(seen); state != port.state(before)) {
    return state == "up" ? "up" : "down";
  }
  const bool is_same = seen.mtu == before.mtu && seen.mac == before.mac &&
                       seen.interface == before.interface &&
                       seen.missing_file == before.missing_file;
  return is_same ? "" : "changed";
}

void Network::lose_port(RunningPort& port) {
  unwatch_link(port);
  port.is_lost = true;
  port.is_held = false;
  port.seen = {};
  port.bring_state();
  port.forget_learned();
  station_news_.tell(*port.home);
}

// The word of a worker.
void Network::on_port_news(const std::string& switch_name, PortIndex index) {
  const auto home = switches_.find(switch_name);
  if (home == switches_.end()) {
    return;
  }
  const std::string* name = home->second.port_name(index);
  if (name == nullptr) {
    return;
  }
  RunningPort& port = ports_.at(*name);
  if (port.is_lost) {
    return;
  }
  // The port is asked what became of its link: the index may have gone to another while the word
  // was on its way.
  port.port->heed_changes();
  LinkStatus link = port.port->link();
  if (port.is_guest() && !link.is_present) {
    remove_port(port);
  } else if (const auto event = note_link(port, std::move(link)); !event.empty()) {
    announcer_.tell(port, event);
  }
}

}  // namespace tapswitch::network
