// SPDX-License-Identifier: Apache-2.0
#include "switch/engine/worker.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <new>
#include <system_error>
#include <utility>

#include "switch/engine/receiver.hpp"
#include "switch/frame/octets.hpp"

namespace tapswitch {

namespace {

constexpr std::size_t most_events = 64;  // taken by one epoll_wait()

// More tasks than ever wait, so that to post one takes no memory: a change is not to stop half-way
// for want of it.
constexpr std::size_t mailbox_room = 16;

// Throws std::system_error: without these there is no worker.
UniqueFd open_or_throw(int fd, const char* what) {
  if (fd < 0) {
    throw std::system_error(errno, std::generic_category(), what);
  }
  return UniqueFd(fd);
}

}  // namespace

Worker::Worker(std::size_t number, std::chrono::microseconds busy_poll)
    : number_(number),
      busy_poll_(busy_poll),
      epoll_(open_or_throw(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      mail_bell_(open_or_throw(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")) {
  watch(epoll_, mail_bell_.get(), nullptr).value();
  mailbox_.reserve(mailbox_room);
  tasks_.reserve(mailbox_room);
  thread_ = std::thread([this] { run(); });
}

Worker::~Worker() {
  post([this] {
    assert(receivers_.empty());
    is_ending_ = true;
  });
  thread_.join();
}

void Worker::run() {
  std::array<epoll_event, most_events> events{};
  while (!is_ending_) {
    constexpr int for_ever = -1;
    const int count =
        epoll_wait(epoll_.get(), events.data(), int{events.size()}, polls_on() ? 0 : for_ever);
    for (int i = 0; i < count; ++i) {
      auto* const bell = static_cast<Bell*>(events[static_cast<std::size_t>(i)].data.ptr);
      if (bell == nullptr) {
        eventfd_t rings = 0;
        (void)eventfd_read(mail_bell_.get(), &rings);
      }
      empty_mailbox();
      if (bell != nullptr) {
        bell->receiver->on_readable(*bell);
      }
    }
    retired_.clear();
  }
}

bool Worker::polls_on() const {
  return busy_poll_.count() > 0 && std::chrono::steady_clock::now() - last_frame_ < busy_poll_;
}

void Worker::post(std::function<void()> task) {
  {
    const std::lock_guard lock(mailbox_mutex_);
    mailbox_.push_back(std::move(task));
    has_mail_.store(true, std::memory_order_release);
  }
  // For a worker that sleeps; one that is busy looks between two batches, and between two floods.
  // It cannot fail: the counter is far from full.
  (void)eventfd_write(mail_bell_.get(), 1);
}

void Worker::empty_mailbox() {
  if (!has_mail()) {
    return;
  }
  {
    const std::lock_guard lock(mailbox_mutex_);
    tasks_.swap(mailbox_);
    has_mail_.store(false, std::memory_order_release);
  }
  for (const auto& task : tasks_) {
    task();
  }
  tasks_.clear();
}

void Worker::adopt(SwitchId id, std::shared_ptr<const Picture> picture) {
  if (picture) {
    detach_those_gone(id, *picture);
    pictures_[id] = std::move(picture);
  } else {
    pictures_.erase(id);
  }
}

void Worker::detach_those_gone(SwitchId id, const Picture& picture) {
  auto receiver = receivers_.lower_bound({id, PortIndex{}});
  while (receiver != receivers_.end() && receiver->first.first == id) {
    const PortKey key = receiver->first;
    if (picture.has(key.second)) {
      ++receiver;
    } else {
      receiver = receivers_.upper_bound(key);
      detach(id, key.second);
    }
  }
}

KernelResult<void> Worker::attach(SwitchId id, PortIndex index, std::size_t queue,
                                  const PortNews& on_news) {
  const auto [first, last] = receivers_.equal_range({id, index});
  if (std::any_of(first, last, [&](const auto& each) { return each.second->queue() == queue; })) {
    return {};
  }
  try {
    const auto added = receivers_.emplace(
        PortKey(id, index),
        std::make_unique<Receiver>(*this, pictures_.at(id), index, queue, on_news));
    auto started = added->second->start();
    if (!started) {
      receivers_.erase(added);
    }
    return started;
  } catch (const std::bad_alloc&) {
    return kernel_error(ENOMEM, "malloc", "wait for", "the frames of a port");
  }
}

void Worker::send(SwitchId id, PortIndex index, std::span<const std::byte> frame) {
  const auto picture = pictures_.find(id);
  if (picture == pictures_.end() || !picture->second->has(index) ||
      picture->second->slot(index).is_mirrored_to) {
    return;
  }
  FrameBuffer& buffer = egress_tools_.segment;
  copy_octets(frame, buffer.space().data());
  buffer.assign(frame.size());
  const AddressKind kind = kind_of(MacAddress::read(frame.data()));
  const Exit exit{.slot = &picture->second->slot(index),
                  .worker = static_cast<std::uint32_t>(number_)};
  transmit(exit, kind, buffer, egress_tools_.to_flush);
  egress_tools_.to_flush.flush();
}

// Takes no memory, so that it cannot fail.
void Worker::detach(SwitchId id, PortIndex index) {
  auto [receiver, end] = receivers_.equal_range({id, index});
  while (receiver != end) {
    if (receiver->second.get() == waiting_) {
      waiting_->finish();
    }
    receiver->second->stop();
    retired_.insert(receivers_.extract(receiver++));
  }
}

}  // namespace tapswitch
