// SPDX-License-Identifier: Apache-2.0
#include "control/server/passed_descriptors.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fmt/format.h>

#include "control/rpc/error.hpp"
#include "switch/system/slow_close.hpp"

namespace tapswitch::server {
namespace {

constexpr const char* allowed =
    "the index of a descriptor that came (SCM_RIGHTS) with the message that ends the line";

}  // namespace

ssize_t PassedDescriptors::receive(int socket, std::span<char> space, std::uint64_t arrived) {
  if (is_close_behind(most_ > 0 ? most_unclosed : most_unclosed_of_strangers)) {
    errno = EBUSY;
    return -1;
  }
  CameDescriptors came;
  const ssize_t size = came.receive(socket, std::as_writable_bytes(space));
  if (size > 0 && most_ > 0 && (came.is_cut() || !came.all().empty())) {
    keep(came, space.first(static_cast<std::size_t>(size)), arrived);
  }
  const int saved = errno;
  for (UniqueFd& fd : came.all()) {
    close_slowly(std::move(fd));
  }
  errno = saved;
  return size;
}

// Keeps those for the line whose part ends 'bytes'.
void PassedDescriptors::keep(CameDescriptors& came, std::span<const char> bytes,
                             std::uint64_t arrived) {
  const auto before_last = bytes.first(bytes.size() - 1);
  const bool has_new_line = std::ranges::find(before_last, '\n') != before_last.end();
  if (lines_.empty() || has_new_line) {
    lines_.emplace_back(most_);
  }
  OfLine& line = lines_.back();
  line.at = arrived + bytes.size();
  for (UniqueFd& fd : came.all()) {
    line.add(fd);
  }
  if (came.is_cut()) {
    line.add_lost();
  }
}

rpc::Descriptors* PassedDescriptors::of_line(std::uint64_t given) {
  return !lines_.empty() && lines_.front().at <= given ? &lines_.front() : nullptr;
}

void PassedDescriptors::forget_line(std::uint64_t given) {
  while (of_line(given) != nullptr) {
    lines_.pop_front();
  }
}

PassedDescriptors::OfLine::~OfLine() {
  for (UniqueFd& fd : held_) {
    close_slowly(std::move(fd));
  }
}

void PassedDescriptors::OfLine::add(UniqueFd& fd) {
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
