// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/vde/vde_door.hpp"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <iterator>
#include <optional>
#include <utility>

namespace tapswitch {
namespace {

// Tags of the set; a caller's is the address of what is known about it.
constexpr std::uint64_t door_tag = 1;
constexpr std::uint64_t patience_tag = 2;
constexpr std::uint64_t introduced_tag = 3;

KernelError cannot_open(std::string_view call, const std::string& directory,
                        std::string_view hint = {}) {
  return {.number = errno,
          .call = std::string(call),
          .action = "open",
          .object = fmt::format("VDE directory '{}'", directory),
          .hint = std::string(hint),
          .missing = {}};
}

std::optional<uid_t> user_of(int connection) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (::getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) {
    return std::nullopt;
  }
  return credentials.uid;
}

}  // namespace

struct VdeDoor::Opening {
  void carry_out() noexcept {
    try {
      door = open_now(options);
    } catch (const std::bad_alloc&) {
      door = kernel_error(ENOMEM, "open", "open", "a VDE directory", {});
    }
  }

  VdeOptions options;
  KernelResult<std::unique_ptr<VdeDoor>> door = KernelError();
};

KernelResult<std::unique_ptr<VdeDoor>> VdeDoor::open(const VdeOptions& options) {
  SlowTask<Opening> opening(VdeDirectory::party_of(options.directory), {.options = options},
                            nullptr);
  if (!opening.wait(SocketFile::patience)) {
    errno = ETIMEDOUT;
    return cannot_open("open", options.directory, "its file system does not answer");
  }
  return std::move(opening.task().door);
}

KernelResult<std::unique_ptr<VdeDoor>> VdeDoor::open_now(const VdeOptions& options) {
  auto directory = VdeDirectory::open(options.directory, options.access);
  if (!directory) {
    return directory.error();
  }
  auto source = ListeningSource::open(directory->location_of("ctl"), options.access);
  if (!source) {
    return source.error();
  }
  auto waiting = TimedSet::open(patience_tag);
  if (!waiting) {
    return waiting.error();
  }
  auto introduced = std::make_shared<const Bell>();
  if (!introduced->is_open()) {
    return cannot_open("eventfd", options.directory);
  }
  if (!waiting->set.add((*source)->descriptor(), EPOLLIN, door_tag) ||
      !waiting->set.add(introduced->descriptor(), EPOLLIN, introduced_tag)) {
    return cannot_open("epoll_ctl", options.directory);
  }
  return std::unique_ptr<VdeDoor>(new VdeDoor(options, std::move(*directory), std::move(*waiting),
                                              std::move(introduced), std::move(*source)));
}

VdeDoor::VdeDoor(const VdeOptions& options, VdeDirectory directory, TimedSet waiting,
                 SharedBell introduced, std::unique_ptr<StreamSource> source)
    : options_(options),
      set_(std::move(waiting.set)),
      timer_(std::move(waiting.timer)),
      introduced_(std::move(introduced)),
      source_(std::move(source)) {
  // Guests have numbers, and may be there for longer than the door: the last one removes the
  // directory.
  struct Shared {
    VdeDirectory directory;
    VdeNumbers numbers;
  };
  const auto shared = std::make_shared<Shared>();
  shared->directory = std::move(directory);
  directory_ = std::shared_ptr<VdeDirectory>(shared, &shared->directory);
  numbers_ = std::shared_ptr<VdeNumbers>(shared, &shared->numbers);
}

void VdeDoor::answer() {
  std::array<epoll_event, max_callers + 3> space;
  for (const epoll_event& event : set_.ready(space)) {
    if (event.data.u64 == door_tag) {
      take_caller();
    } else if (event.data.u64 == patience_tag) {
      hang_up_on_silent();
    } else if (event.data.u64 == introduced_tag) {
      welcome_introduced();
    } else {
      const auto caller = std::ranges::find_if(callers_, [&](const Caller& known) {
        return reinterpret_cast<std::uintptr_t>(&known) == event.data.u64;
      });
      if (caller != callers_.end()) {
        listen_to(caller);
      }
    }
  }
}

void VdeDoor::take_caller() {
  const auto silent = longest_silent();
  if (callers_.size() == max_callers && silent == callers_.end()) {
    return;  // the last of them has asked since the door was found open
  }
  PeerSocket connection = source_->take();
  if (!connection.is_open()) {
    return;
  }
  if (callers_.size() == max_callers) {
    hang_up_on(silent);
  }
  callers_.push_back({.connection = std::move(connection),
                      .deadline = Clock::now() + patience,
                      .said = {},
                      .size = 0,
                      .introduction = nullptr});
  Caller& caller = callers_.back();
  if (!set_.add(caller.connection.get(), EPOLLIN, reinterpret_cast<std::uintptr_t>(&caller))) {
    callers_.pop_back();
  }
  heed_callers();
}

// Returns the end if all have asked.
VdeDoor::Callers::iterator VdeDoor::longest_silent() {
  return std::ranges::find_if(callers_,
                              [](const Caller& caller) { return caller.introduction == nullptr; });
}

void VdeDoor::listen_to(Callers::iterator caller) {
  const std::span<std::byte> space = std::span(caller->said).subspan(caller->size);
  const ssize_t size = caller->connection.receive(space);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) {
    return;
  }
  caller->size += static_cast<std::size_t>(std::max<ssize_t>(size, 0));
  VdeRequest request;
  const auto state = VdeRequest::read(std::span(caller->said).first(caller->size), request);
  if (size > 0 && state == VdeRequest::State::incomplete) {
    return;
  }
  if (size > 0 && state == VdeRequest::State::complete) {
    caller->introduction = introduce(*caller, request);
  }
  if (caller->introduction != nullptr) {
    set_.remove(caller->connection.get());  // what else it says is of no use here
  } else {
    hang_up_on(caller);
  }
  heed_callers();
}

void VdeDoor::hang_up_on(Callers::iterator caller) {
  if (caller->connection.is_open()) {
    set_.remove(caller->connection.get());
  }
  callers_.erase(caller);
}

void VdeDoor::hang_up_on_silent() {
  (void)timer_.take();
  const Clock::time_point now = Clock::now();
  while (!callers_.empty() && callers_.front().deadline <= now) {
    hang_up_on(callers_.begin());
  }
  heed_callers();
}

void VdeDoor::heed_callers() {
  const bool has_room = callers_.size() < max_callers || longest_silent() != callers_.end();
  set_.change(source_->descriptor(), has_room ? std::uint32_t{EPOLLIN} : 0U, door_tag);
  if (callers_.empty()) {
    timer_.set({});
    return;
  }
  const auto left = callers_.front().deadline - Clock::now();
  timer_.set(
      std::max(std::chrono::ceil<std::chrono::milliseconds>(left), std::chrono::milliseconds(1)));
}

std::unique_ptr<VdeIntroduction> VdeDoor::introduce(const Caller& caller,
                                                    const VdeRequest& request) {
  const auto user = user_of(caller.connection.get());
  if (!user) {
    return nullptr;
  }
  auto number = std::make_shared<VdeNumber>(numbers_, request.wished_number);
  const SocketLocation location = directory_->location_of(fmt::format("{:03}.FD", number->value()));
  return VdeIntroduction::begin(request, *user, std::move(number), location, options_.access,
                                introduced_);
}

void VdeDoor::welcome_introduced() {
  introduced_->silence();
  Callers done;
  for (auto caller = callers_.begin(); caller != callers_.end();) {
    const auto next = std::next(caller);
    if (caller->introduction != nullptr && caller->introduction->proceed()) {
      done.splice(done.end(), callers_, caller);
    }
    caller = next;
  }
  heed_callers();
  for (Caller& caller : done) {
    if (auto guest = caller.introduction->end(std::move(caller.connection))) {
      guests_.push_back(std::move(guest));
    }
  }
}

std::unique_ptr<VdeGuest> VdeDoor::take_guest() {
  if (guests_.empty()) {
    return nullptr;
  }
  auto guest = std::move(guests_.front());
  guests_.pop_front();
  return guest;
}

LinkStatus VdeDoor::link() const {
  LinkStatus status;
  status.is_present = true;
  status.missing_file = source_->missing_file();
  status.is_up = status.missing_file.empty();  // else nobody finds us any more
  status.has_carrier = true;
  return status;
}

}  // namespace tapswitch
