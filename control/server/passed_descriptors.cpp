// SPDX-License-Identifier: Apache-2.0
#include "control/server/passed_descriptors.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "control/rpc/error.hpp"

namespace tapswitch::server {
namespace {

constexpr const char* allowed =
    "the index of a descriptor that came (SCM_RIGHTS) with the message that ends the line";

std::vector<UniqueFd> descriptors_of(msghdr& message) {
  std::vector<UniqueFd> all;
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
       part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) {
      continue;
    }
    const std::size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int number = -1;
      std::memcpy(&number, CMSG_DATA(part) + i * sizeof number, sizeof number);
      all.emplace_back(number);
    }
  }
  return all;
}

}  // namespace

ssize_t PassedDescriptors::receive(int socket, std::span<char> space, std::uint64_t arrived) {
  iovec bytes{.iov_base = space.data(), .iov_len = space.size()};
  // The kernel closes those for which there is no room here.
  std::vector<char> control(most_ > 0 ? CMSG_SPACE(most_ * sizeof(int)) : 0);
  msghdr message{};
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t size = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (size <= 0 || most_ == 0) {
    return size;
  }
  std::vector<UniqueFd> came = descriptors_of(message);
  const bool is_cut = (message.msg_flags & MSG_CTRUNC) != 0;
  if (came.empty() && !is_cut) {
    return size;
  }
  const auto before_last = space.first(static_cast<std::size_t>(size) - 1);
  const bool has_new_line = std::ranges::find(before_last, '\n') != before_last.end();
  if (lines_.empty() || has_new_line) {
    lines_.emplace_back(most_);
  }
  OfLine& line = lines_.back();
  line.at = arrived + static_cast<std::uint64_t>(size);
  for (UniqueFd& fd : came) {
    line.add(std::move(fd));
  }
  if (is_cut) {
    line.add_lost();
  }
  return size;
}

rpc::Descriptors* PassedDescriptors::of_line(std::uint64_t given) {
  return !lines_.empty() && lines_.front().at <= given ? &lines_.front() : nullptr;
}

void PassedDescriptors::forget_line(std::uint64_t given) {
  while (of_line(given) != nullptr) {
    lines_.pop_front();
  }
}

void PassedDescriptors::OfLine::add(UniqueFd fd) {
  if (held_.size() < most_) {
    held_.push_back(std::move(fd));
  } else {
    is_cut_ = true;
  }
}

int PassedDescriptors::OfLine::look_at(std::size_t index) const {
  if (is_cut_) {
    throw rpc::Error(rpc::ErrorKind::limit_reached,
                     fmt::format("more descriptors came with this line than the {} that a line may "
                                 "have, or than the daemon has room for: none is used",
                                 most_),
                     {{"field", "fd"}, {"limit", most_}});
  }
  if (index >= held_.size()) {
    throw rpc::invalid_params(
        {{"fd", fmt::format("no descriptor {} came with this line: {} did", index, held_.size()),
          allowed}});
  }
  if (!held_[index].is_open()) {
    throw rpc::invalid_params(
        {{"fd", fmt::format("an earlier request of this line has taken descriptor {}", index),
          allowed}});
  }
  return held_[index].get();
}

UniqueFd PassedDescriptors::OfLine::take(std::size_t index) {
  (void)look_at(index);
  return std::exchange(held_[index], UniqueFd());
}

}  // namespace tapswitch::server
