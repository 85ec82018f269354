// SPDX-License-Identifier: Apache-2.0
#include "switch/kernel_path/path_member.hpp"

#include <utility>

namespace tapswitch {
namespace {

const std::string no_room = "the path has no room for one more port";

}  // namespace

PathMember::PathMember(PathTools& tools, std::uint32_t switch_number, PortIndex index,
                       std::uint32_t place)
    : tools_(tools) {
  words_.switch_number = switch_number;
  words_.index = static_cast<std::uint32_t>(to_size(index));
  words_.counters = place;
  tools_.tables.clear_port_counters(place);
  tools_.queues.clear(place);
}

void PathMember::take(Port& port) {
  const PathSeat seat = port.path_seat();
  if (port_ != &port) {
    release();
    port_ = &port;
    socket_ = port.descriptor(0);
    is_near_end_ = seat.is_near_end;
    words_.ifindex = static_cast<std::uint32_t>(seat.interface);
  }
  if (seat.interface == 0) {
    release();
    reason_ = seat.refusal;
  } else if (!is_taken_) {
    attach();
  }
}

// The words come first: every frame that the programs see is to be marked.
void PathMember::attach() {
  if (!tools_.tables.put_port(words_)) {
    reason_ = no_room;
    return;
  }
  auto hook = put_on_path(tools_.routes, tools_.program, interface(), socket_);
  is_taken_ = true;
  if (!hook) {
    release();
    reason_ = hook.error().message();
    return;
  }
  hook_ = std::move(*hook);
  tools_.queues.begin(place());
  port_->keep_ledger(&tools_.queues.at(place()).ledger);
}

void PathMember::release() {
  if (std::exchange(is_taken_, false)) {
    is_on_ = false;
    words_.generation = 0;
    port_->keep_ledger(nullptr);
    tools_.tables.remove_port(words_);
    take_off_path(tools_.routes, std::exchange(hook_, {}), interface(), socket_);
  }
}

void PathMember::bring(const path_port& words) {
  wanted_ = words;
  path_port next = words;
  next.ifindex = words_.ifindex;
  next.switch_number = words_.switch_number;
  next.index = words_.index;
  next.counters = words_.counters;
  next.flags |= words_.flags & path_is_far;
  words_ = next;
  if (is_on_ || look()) {
    write();
  }
}

void PathMember::write() {
  is_on_ = tools_.tables.put_port(words_);
  if (!is_on_) {
    release();
  }
  reason_ = is_on_ ? std::string() : no_room;
}

void PathMember::take_off(std::string reason) {
  wanted_.reset();
  leave(std::move(reason));
}

void PathMember::leave(std::string reason) {
  words_.generation = 0;
  if (std::exchange(is_on_, false)) {
    (void)tools_.tables.put_port(words_);
  }
  reason_ = std::move(reason);
}

// Finds out by what way frames leave; false: by none that would be right. A near end with a
// queueing discipline of its own is not passed by.
bool PathMember::look() {
  const auto found = tools_.routes.find(interface());
  if (found && found->master != 0) {
    leave("a bridge or a bond has its interface too");
    return false;
  }
  const bool is_far = is_near_end_ && found && found->veth && found->veth->name_space &&
                      found->queueing == "noqueue";
  words_.flags &= ~std::uint32_t{path_is_far};
  words_.flags |= is_far ? std::uint32_t{path_is_far} : 0U;
  return true;
}

// Somebody may have removed the filter, moved the far end, or put a queue or a bridge there.
void PathMember::check() {
  if (!is_on_path(tools_.routes, hook_, interface())) {
    attach();
  }
  if (!is_on_) {
    if (is_taken_ && wanted_) {
      bring(*wanted_);
    }
    return;
  }
  const std::uint32_t flags = words_.flags;
  if (look() && words_.flags != flags) {
    write();
  }
}

}  // namespace tapswitch
