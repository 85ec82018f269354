// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/vhost_user/vhost_user_port.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "switch/system/descriptor_message.hpp"
#include "switch/system/slow_close.hpp"

namespace tapswitch {
namespace {

// Tags of the sets.
constexpr std::uint64_t kick_tag = 1;
constexpr std::uint64_t worker_flag_tag = 2;
constexpr std::uint64_t front_end_tag = 3;
constexpr std::uint64_t callers_tag = 4;
constexpr std::uint64_t trouble_tag = 5;

KernelResult<std::unique_ptr<StreamSource>> open_source(const VhostUserOptions& options) {
  if (const auto* listen = std::get_if<VhostUserOptions::Listen>(&options.end)) {
    return ListeningSource::open(listen->address, options.access);
  }
  const auto& connect = std::get<VhostUserOptions::Connect>(options.end);
  return ConnectingSource::open(connect.address, connect.reconnect);
}

}  // namespace

KernelResult<std::unique_ptr<VhostUserPort>> VhostUserPort::open(const VhostUserOptions& options) {
  auto source = open_source(options);
  if (!source) {
    return source.error();
  }
  auto set = EpollSet::open();
  if (!set) {
    return set.error();
  }
  auto arrivals = EpollSet::open();
  if (!arrivals) {
    return arrivals.error();
  }
  Handles handles{.set = std::move(*set), .arrivals = std::move(*arrivals)};
  if (!handles.flag.is_open() || !handles.bell.is_open() ||
      !handles.set.add(handles.flag.descriptor(), EPOLLIN, worker_flag_tag) ||
      !handles.arrivals.add(handles.bell.descriptor(), EPOLLIN, trouble_tag) ||
      !handles.arrivals.add((*source)->descriptor(), EPOLLIN, callers_tag)) {
    return kernel_error(errno, "epoll_ctl", "wait for", "a virtual machine");
  }
  return std::unique_ptr<VhostUserPort>(
      new VhostUserPort(std::move(handles), std::move(*source), options.mtu));
}

VhostUserPort::VhostUserPort(Handles handles, std::unique_ptr<StreamSource> source,
                             std::uint32_t mtu)
    : mtu_(mtu),
      set_(std::move(handles.set)),
      arrivals_(std::move(handles.arrivals)),
      flag_(std::move(handles.flag)),
      bell_(std::move(handles.bell)),
      source_(std::move(source)),
      session_({.ingress = ingress_,
                .egress = egress_,
                .kicks = set_,
                .kick_tag = kick_tag,
                .flag = flag_,
                .bell = bell_.descriptor()}) {}

VhostUserPort::~VhostUserPort() { close_descriptors(); }

ReceiveStatus VhostUserPort::receive(std::size_t /*queue*/, FrameBuffer& frame) noexcept {
  if (is_lost_) {
    return ReceiveStatus::gone;
  }
  ReceiveStatus status = ingress_.next(frame);
  if (status == ReceiveStatus::empty && settle_down()) {
    status = ingress_.next(frame);
  }
  if (status == ReceiveStatus::misframed) {
    report_broken();
  }
  return status;
}

// The guest was asked to kick: only now is its last kick done with. Returns whether there is
// something all the same.
bool VhostUserPort::settle_down() noexcept {
  std::array<epoll_event, 2> space;
  for (const epoll_event& event : set_.ready(space)) {
    if (event.data.u64 == worker_flag_tag) {
      flag_.silence();
    }
  }
  heed_call(is_stalling_ || (ingress_.call_anew() && egress_.call_anew()));
  const bool has_next = !is_broken_ && ingress_.has_next();
  if (has_next) {
    flag_.ring();
  }
  return has_next;
}

void VhostUserPort::report_broken() noexcept {
  is_broken_ = true;
  ingress_.abandon();
  bell_.ring();
}

SendStatus VhostUserPort::send(FrameBuffer& frame) noexcept {
  const SendStatus status = egress_.send(frame);
  if (status != SendStatus::gone) {
    return status;
  }
  is_broken_ = true;
  bell_.ring();
  return SendStatus::link_down;
}

LinkStatus VhostUserPort::link() const {
  LinkStatus status;
  status.is_present = !is_lost_;
  status.missing_file = source_ != nullptr ? source_->missing_file() : "";
  status.has_carrier = session_.is_running();
  status.is_up = status.missing_file.empty() || connection_.is_open();  // else nobody finds us
  status.mtu = mtu_;
  return status;
}

void VhostUserPort::heed_changes() noexcept {
  if (source_ != nullptr) {
    source_->look();
  }
}

void VhostUserPort::answer() {
  std::array<epoll_event, 3> space;
  for (const epoll_event& event : arrivals_.ready(space)) {
    if (event.data.u64 == trouble_tag) {
      bell_.silence();
      if (session_.is_memory_lost() || is_stalling_) {
        return lose(is_stalling_ ? "it has us wait when it is called" : "its memory is gone");
      }
      if (is_broken_) {
        hang_up("its rings hold what cannot be");
      }
    } else if (event.data.u64 == callers_tag && !connection_.is_open() && source_ != nullptr) {
      welcome(source_->take());
    } else if (event.data.u64 == front_end_tag && connection_.is_open()) {
      hear();
    }
  }
  offloads_ = session_.offloads();
}

void VhostUserPort::heed_source(bool is_heeded) {
  arrivals_.change(source_->descriptor(), is_heeded ? EPOLLIN : 0U, callers_tag);
}

void VhostUserPort::welcome(PeerSocket newcomer) {
  if (!newcomer.is_open()) {
    return;
  }
  newcomer.take_descriptors();
  if (!arrivals_.add(newcomer.get(), EPOLLIN, front_end_tag)) {
    source_->on_end();
    return;
  }
  connection_ = std::move(newcomer);
  heed_source(false);
}

void VhostUserPort::hear() {
  for (int i = 0; i < most_messages && connection_.is_open() && hear_message(); ++i) {
  }
}

// Returns whether there may be more to hear.
bool VhostUserPort::hear_message() {
  if (connection_.is_held_up()) {
    hang_up("too many descriptors of others are still to be closed");
    return false;
  }
  CameDescriptors came;
  const ssize_t size = came.receive(connection_.get(), reader_.space());
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) {
    return false;
  }
  std::size_t count = 0;
  for (UniqueFd& fd : came.all()) {
    ++count;
    if (came_count_ < came_.size()) {
      came_[came_count_++] = std::move(fd);
    } else {
      close_slowly(std::move(fd));
    }
  }
  if (size <= 0) {
    hang_up({});
    return false;
  }
  if (came.is_cut()) {
    hang_up("there was no room for its descriptors");
    return false;
  }
  switch (reader_.commit(static_cast<std::size_t>(size), count)) {
    case VhostMessageReader::State::incomplete:
      return true;
    case VhostMessageReader::State::complete:
      return act();
    case VhostMessageReader::State::invalid:
      hang_up(std::string(reader_.fault()));
      return false;
  }
  return false;
}

void VhostUserPort::close_descriptors() {
  for (UniqueFd& fd : std::span(came_).first(std::exchange(came_count_, 0))) {
    close_slowly(std::move(fd));
  }
}

bool VhostUserPort::act() {
  const VhostSession::Outcome outcome =
      session_.handle(reader_.message(), std::span(came_).first(came_count_));
  close_descriptors();
  reader_.reset();
  if (!outcome.fault.empty()) {
    hang_up(outcome.fault);
    return false;
  }
  if (outcome.reply &&
      ::send(connection_.get(), outcome.reply->data(), outcome.reply->size(),
             MSG_DONTWAIT | MSG_NOSIGNAL) != static_cast<ssize_t>(outcome.reply->size())) {
    hang_up("it does not take what it is answered");
    return false;
  }
  return true;
}

void VhostUserPort::hang_up(std::string why) {
  fault_ = std::move(why);
  session_.end();
  is_broken_ = false;
  close_descriptors();
  reader_.reset();
  if (connection_.is_open()) {
    arrivals_.remove(connection_.get());
    connection_.reset();
    source_->on_end();
    heed_source(true);
  }
}

// The socket goes too: nobody is to come to a port that is not there any more.
void VhostUserPort::lose(std::string why) {
  is_lost_ = true;
  hang_up(std::move(why));
  arrivals_.remove(source_->descriptor());
  source_.reset();
  flag_.ring();
}

}  // namespace tapswitch
