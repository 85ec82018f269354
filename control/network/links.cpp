// SPDX-License-Identifier: Apache-2.0
#include "control/network/links.hpp"

#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "control/network/kernel_refusal.hpp"
#include "control/rpc/error.hpp"
#include "switch/ports/interface_link.hpp"
#include "switch/system/link_reader.hpp"

namespace tapswitch::network {
namespace {

// So many ports are looked at in one turn of the control thread: so few that no list of all
// interfaces is asked for, which with thousands of them would be one turn, and one a turn.
constexpr std::size_t polled_at_once = LinkReader::questions_before_list;

std::string link_of(const RunningPort& port) { return "the link of port '" + port.spec.name + "'"; }

}  // namespace

Links::Links(const Parts& parts, SeeOut see_out) : parts_(parts), see_out_(std::move(see_out)) {}

void Links::check_is_free(const RunningPort& added) {
  const LinkStatus link = added.port->link();
  if (link.shortage != 0) {
    throw cannot_look(link.shortage, link_of(added));
  }
  const auto name_space = added.port->open_name_space();
  if (link.index == 0 || !name_space) {
    return;
  }
  const std::string* user = nullptr;
  if (const auto number = parts_.watch.listen_to(added)) {
    const auto* owner = parts_.watch.owner_of({.name_space = *number, .index = link.index});
    user = owner != nullptr ? &owner->port : nullptr;
  } else {
    for (const auto& [name, port] : parts_.inventory.ports()) {
      if (!port.link_key && !port.is_lost && port.seen.index == link.index) {
        const auto other = port.port->open_name_space();
        if (other && net_namespace_id(other->get()) == net_namespace_id(name_space->get())) {
          user = &name;
        }
      }
    }
  }
  if (user != nullptr) {
    throw rpc::Error(rpc::ErrorKind::already_exists,
                     "port '" + *user + "' has the interface '" + link.interface + "' already",
                     {{"object", link.interface}, {"field", "interface"}, {"port", *user}});
  }
}

const std::string* Links::user_of(const PassedEnd& passed) const {
  if (passed.interface.empty()) {
    return nullptr;
  }
  for (const auto& [port_name, port] : parts_.inventory.ports()) {
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

void Links::watch(RunningPort& port) {
  if (const int shortage = begin_to_follow(port); shortage != 0) {
    throw cannot_look(shortage, link_of(port));
  }
}

// Listens before it looks, so that no change falls between. Returns LinkStatus::shortage.
int Links::begin_to_follow(RunningPort& port) {
  const auto name_space = parts_.watch.listen_to(port);
  follow(&port);
  return parts_.watch.assign(port, name_space);
}

void Links::regain(RunningPort& port) {
  port.is_lost = false;
  (void)begin_to_follow(port);
  port.bring_state();
  parts_.trees.follow(port);
}

void Links::follow(const RunningPort* except) {
  const LinkMonitor::Notices taken = parts_.watch.take();
  if (taken.notices.empty() && !taken.has_missed) {
    return;
  }
  // A thousand interfaces may change at once.
  for (const auto& [name, running] : parts_.inventory.switches()) {
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

void Links::bring_states() {
  for (const auto& [name, running] : parts_.inventory.switches()) {
    try {
      running.engine->bring_states();
    } catch (const std::exception& error) {
      parts_.announcer.tell_operator(
          std::string("how links are takes effect with the next change: ") + error.what());
    }
  }
}

void Links::heed(const LinkMonitor::Notices& taken, const RunningPort* except) {
  if (taken.has_missed) {
    for (auto& [name, port] : parts_.inventory.ports()) {
      look_again(port);
    }
    return;  // what the notices say is older than what was seen now
  }
  for (const LinkMonitor::Notice& notice : taken.notices) {
    const auto* owner = parts_.watch.owner_of(notice.key);
    if (owner == nullptr) {
      continue;
    }
    RunningPort& port = parts_.inventory.ports().at(owner->port);
    if (&port == except) {
      continue;
    }
    if (notice.is_gone) {
      look_again(port);
    } else if (!owner->is_near) {  // what that does to the other end is told of that
      note_and_tell(port, to_link(notice.info));
    }
  }
}

bool Links::poll_some() {
  LinkReader reader;
  std::vector<RunningPort*> gone;
  const bool are_more =
      round_.go_on(parts_.inventory.ports(), polled_at_once, [&](RunningPort& port) {
        if (port.is_look_due && !port.is_guest()) {
          look_again(port);
          return;
        }
        if (port.link_key || port.is_lost) {
          return;
        }
        port.port->heed_changes();
        LinkStatus link = port.link(reader);
        if (port.is_guest() && !link.is_present) {
          gone.push_back(&port);
        } else {
          note_and_tell(port, std::move(link));
        }
      });
  for (RunningPort* guest : gone) {
    see_out_(*guest);
  }
  return are_more;
}

void Links::look_at(RunningPort& port) { note_and_tell(port, port.port->link()); }

void Links::on_port_news(const std::string& switch_name, PortIndex index) {
  const auto home = parts_.inventory.switches().find(switch_name);
  if (home == parts_.inventory.switches().end()) {
    return;
  }
  const std::string* name = home->second.port_name(index);
  if (name == nullptr) {
    return;
  }
  RunningPort& port = parts_.inventory.ports().at(*name);
  if (port.is_lost) {
    return;
  }
  // The port is asked what became of its link: the index may have gone to another while the word
  // was on its way.
  port.port->heed_changes();
  LinkStatus link = port.port->link();
  if (port.is_guest() && !link.is_present) {
    see_out_(port);
  } else {
    note_and_tell(port, std::move(link));
  }
}

void Links::note_and_tell(RunningPort& port, LinkStatus now) {
  if (const auto event = note(port, std::move(now)); !event.empty()) {
    parts_.announcer.tell(port, event);
  }
}

// Looks for an interface that is gone, or somewhere else.
void Links::look_again(RunningPort& port) {
  if (port.is_lost || port.is_guest()) {
    return;
  }
  const LinkStatus before = port.seen;
  const auto key_before = port.link_key;
  if (parts_.watch.assign(port, parts_.watch.listen_to(port)) != 0) {
    return;
  }
  if (key_before && port.link_key && key_before->name_space != port.link_key->name_space) {
    parts_.claims.release(port.spec.name);  // where it was there may be another of its name
  }
  note_and_tell(port, std::exchange(port.seen, before));
}

std::string_view Links::note(RunningPort& port, LinkStatus now) {
  const bool is_on_wire = port.home->spec.is_wire;
  if (is_on_wire && now.is_up && !now.has_carrier && !port.is_held && !port.is_lost) {
    now = port.port->link();  // the news may be older than what we did to the carrier
  }
  if (now.shortage != 0) {
    port.is_look_due = !port.is_lost;
    return {};
  }
  if (!now.is_present) {
    if (port.is_lost) {
      return {};
    }
    lose(port);
    if (is_on_wire) {
      parts_.wires.follow(*port.home);
    }
    return "lost";
  }
  const LinkStatus before = std::exchange(port.seen, std::move(now));
  if (!port.seen.missing_file.empty() && before.missing_file.empty()) {
    tell_missing_file(port);
  }
  const LinkStatus& seen = port.seen;
  follow_name(port);
  if ((!port.spec.has_carrier || port.is_held) && seen.is_up && seen.has_carrier) {
    unplug_again(port);
  }
  const bool was_up = port.state(before) == "up";
  port.bring_state();
  parts_.trees.follow(port);
  if (was_up && port.state(seen) != "up" && !port.link_key) {
    port.forget_learned();
  }
  if (is_on_wire) {
    parts_.wires.follow(*port.home);
  }
  if (const auto state = port.state(seen); state != port.state(before)) {
    return state == "up" ? "up" : "down";
  }
  const bool is_same = seen.mtu == before.mtu && seen.mac == before.mac &&
                       seen.interface == before.interface &&
                       seen.missing_file == before.missing_file;
  return is_same ? "" : "changed";
}

void Links::lose(RunningPort& port) {
  parts_.watch.forget(port);
  port.is_lost = true;
  port.refusal = "its device is gone";
  port.is_look_due = false;
  parts_.wires.let_go(port);
  port.seen = {};
  port.bring_state();
  parts_.trees.follow(port);
  port.forget_learned();
  parts_.station_news.tell(*port.home);
}

// A port is its interface, whatever that is called: somebody has renamed it. Its old name is free
// for others from now on, and a document says the present one.
void Links::follow_name(RunningPort& port) {
  config::FarEnd renamed = port.spec.far_end;
  if (port.seen.interface.empty() || port.is_guest() ||
      !config::rename_interface(renamed, port.seen.interface)) {
    return;
  }
  parts_.claims.release(port.spec.name);
  port.spec.far_end = std::move(renamed);
  parts_.claims.take(port.spec.name, port.spec.far_end);
  parts_.changes.on_configured();
}

void Links::tell_missing_file(const RunningPort& port) const {
  parts_.announcer.tell_operator(
      "port '" + port.spec.name + "': its socket file '" + port.seen.missing_file +
      "' is gone or another is in its place, and " +
      (port.is_guest() ? "who sends to its path does not reach it: have the client come in anew"
                       : "nobody can come in: remove the port and add it anew"));
}

// A far end may have given itself a carrier. Nothing crosses, and it is taken away again.
void Links::unplug_again(RunningPort& port) const {
  try {
    port.end->set_plugged(false);
  } catch (const std::exception& error) {
    parts_.announcer.tell_operator(error.what());
  }
  port.seen.has_carrier = false;
}

}  // namespace tapswitch::network
