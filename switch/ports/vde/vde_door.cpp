// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/vde/vde_door.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

namespace tapswitch {
namespace {

// Tags of the set; a caller's is the address of what is known about it.
constexpr std::uint64_t door_tag = 1;
constexpr std::uint64_t patience_tag = 2;

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

// Connects 'socket' to the socket file at 'path', if that is the user's; root may name any but
// ours, for what is sent to those would come in again, and again. Through a descriptor, so that no
// other file can be put in its place after the look at it.
bool connect_to_own(int socket, const std::string& path, uid_t user) {
  const UniqueFd file = open_foreign_socket(path, O_NOFOLLOW);
  struct stat status {};
  if (!file.is_open() || ::fstat(file.get(), &status) != 0 ||
      (user != 0 && status.st_uid != user)) {
    return false;
  }
  const SocketAddress itself = address_of_open(file.get());
  return ::connect(socket, itself.get(), itself.size()) == 0;
}

}  // namespace

KernelResult<std::unique_ptr<VdeDoor>> VdeDoor::open(const VdeOptions& options) {
  auto directory = VdeDirectory::open(options.directory, options.access);
  if (!directory) {
    return directory.error();
  }
  auto source = ListeningSource::open(directory->place_of("ctl"), options.access);
  if (!source) {
    return source.error();
  }
  auto waiting = TimedSet::open(patience_tag);
  if (!waiting) {
    return waiting.error();
  }
  if (!waiting->set.add((*source)->descriptor(), EPOLLIN, door_tag)) {
    return cannot_open("epoll_ctl", options.directory);
  }
  return std::unique_ptr<VdeDoor>(
      new VdeDoor(options, std::move(*directory), std::move(*waiting), std::move(*source)));
}

VdeDoor::VdeDoor(const VdeOptions& options, VdeDirectory directory, TimedSet waiting,
                 std::unique_ptr<StreamSource> source)
    : options_(options),
      set_(std::move(waiting.set)),
      timer_(std::move(waiting.timer)),
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

ReceiveStatus VdeDoor::receive(std::size_t /*queue*/, FrameBuffer& /*frame*/) noexcept {
  std::array<epoll_event, max_callers + 2> space;
  for (int step = 0; step < most_steps; ++step) {
    const auto events = set_.ready(space);
    for (const epoll_event& event : events) {
      if (event.data.u64 == door_tag) {
        take_caller();
      } else if (event.data.u64 == patience_tag) {
        hang_up_on_silent();
      } else {
        const auto caller = std::ranges::find_if(callers_, [&](const Caller& known) {
          return reinterpret_cast<std::uintptr_t>(&known) == event.data.u64;
        });
        if (caller != callers_.end()) {
          listen_to(caller);
        }
      }
    }
    if (events.empty()) {
      break;
    }
  }
  const std::lock_guard lock(mutex_);
  return !guests_.empty() && !is_told_.exchange(true) ? ReceiveStatus::changed
                                                      : ReceiveStatus::empty;
}

void VdeDoor::take_caller() {
  PeerSocket connection = source_->take();
  if (!connection.is_open()) {
    return;
  }
  callers_.push_back({.connection = std::move(connection),
                      .deadline = Clock::now() + patience,
                      .said = {},
                      .size = 0});
  Caller& caller = callers_.back();
  if (!set_.add(caller.connection.get(), EPOLLIN, reinterpret_cast<std::uintptr_t>(&caller))) {
    callers_.pop_back();
    return;
  }
  if (callers_.size() == 1) {
    timer_.set(patience);
  }
  if (callers_.size() == max_callers) {
    set_.change(source_->descriptor(), 0, door_tag);
  }
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
    if (auto guest = welcome(std::move(caller->connection), request)) {
      const std::lock_guard lock(mutex_);
      guests_.push_back(std::move(guest));
    }
  }
  hang_up_on(caller);
  after_call();
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
  after_call();
}

void VdeDoor::after_call() {
  set_.change(source_->descriptor(), EPOLLIN, door_tag);
  if (callers_.empty()) {
    timer_.set({});
    return;
  }
  const auto left = callers_.front().deadline - Clock::now();
  timer_.set(
      std::max(std::chrono::ceil<std::chrono::milliseconds>(left), std::chrono::milliseconds(1)));
}

std::unique_ptr<VdeGuest> VdeDoor::welcome(PeerSocket connection, const VdeRequest& request) {
  set_.remove(connection.get());
  auto number = std::make_unique<VdeNumber>(numbers_, request.wished_number);
  const auto user = user_of(connection.get());
  if (number->value() == 0 || !user) {
    return nullptr;
  }
  const SocketPlace place = directory_->place_of(fmt::format("{:03}.FD", number->value()));
  const auto address = SocketAddress::of_path(place.path);
  PeerSocket data = PeerSocket::open(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK);
  if (!address || !data.is_open()) {
    return nullptr;
  }
  FileAccess access = options_.access;
  if (!access.group && !access.mode) {
    access.owner = *user;  // else he is one of those whom they let in
  }
  auto file = SocketFile::bind(data.get(), SOCK_DGRAM, place, access);
  if (!file || !connect_to_own(data.get(), request.path, *user)) {
    return nullptr;
  }
  const std::vector<std::byte> answer = VdeRequest::answer(*address);
  const int control = connection.get();
  auto guest = VdeGuest::open({.number = std::move(number),
                               .control = std::move(connection),
                               .data = std::move(data),
                               .file = std::move(*file),
                               .description = request.description});
  if (!guest || ::send(control, answer.data(), answer.size(), MSG_DONTWAIT | MSG_NOSIGNAL) !=
                    static_cast<ssize_t>(answer.size())) {
    return nullptr;
  }
  return std::move(*guest);
}

std::unique_ptr<VdeGuest> VdeDoor::take_guest() {
  const std::lock_guard lock(mutex_);
  is_told_ = false;
  if (guests_.empty()) {
    return nullptr;
  }
  auto guest = std::move(guests_.front());
  guests_.erase(guests_.begin());
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
