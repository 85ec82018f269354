// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/vde/vde_introduction.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <new>
#include <utility>
#include <vector>

namespace tapswitch {

std::unique_ptr<VdeIntroduction> VdeIntroduction::begin(const VdeRequest& request, uid_t user,
                                                        std::shared_ptr<VdeNumber> number,
                                                        const SocketLocation& location,
                                                        const FileAccess& access, SharedBell bell) {
  const auto address = SocketAddress::of_path(location.path);
  PeerSocket data = PeerSocket::open(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK);
  if (number->value() == 0 || !address || !data.is_open()) {
    return nullptr;
  }
  FileAccess given = access;
  if (!given.group && !given.mode) {
    given.owner = user;  // else he is one of those whom they let in
  }
  return std::unique_ptr<VdeIntroduction>(new VdeIntroduction(
      request, user,
      {.number = std::move(number), .data = std::move(data), .location = location, .access = given},
      *address, std::move(bell)));
}

VdeIntroduction::VdeIntroduction(const VdeRequest& request, uid_t user, Binding binding,
                                 const SocketAddress& address, SharedBell bell)
    : number_(binding.number),
      address_(address),
      path_(request.path),
      description_(request.description),
      user_(user),
      bell_(std::move(bell)),
      binding_(std::make_unique<SlowTask<Binding>>(SlowCall::Party::of_path(binding.location.path),
                                                   std::move(binding), bell_)) {}

bool VdeIntroduction::proceed() {
  if (binding_ != nullptr) {
    if (!binding_->is_done()) {
      return false;
    }
    Binding& done = binding_->task();
    if (!done.file) {
      return true;
    }
    file_ = std::move(*done.file);
    connecting_ = std::make_unique<SlowTask<Connecting>>(
        SlowCall::Party::of_user(user_),
        Connecting{.data = std::move(done.data), .path = path_, .user = user_}, bell_);
    binding_.reset();
  }
  return connecting_->is_done();
}

void VdeIntroduction::Binding::carry_out() noexcept {
  try {
    if (auto bound = SocketFile::bind(data.get(), SOCK_DGRAM, location, access)) {
      file = std::move(*bound);
    }
  } catch (const std::bad_alloc&) {
  }
}

void VdeIntroduction::Connecting::carry_out() noexcept {
  try {
    is_connected = connect_to_own();
  } catch (const std::bad_alloc&) {
  }
}

// Connects to the client's file, if that is the user's; root may name any but ours, for what is
// sent to those would come in again, and again. Through a descriptor, so that no other file can be
// put in its location after the look at it.
bool VdeIntroduction::Connecting::connect_to_own() const {
  const UniqueFd opened = open_foreign_socket(path, O_NOFOLLOW);
  struct stat status {};
  if (!opened.is_open() || ::fstat(opened.get(), &status) != 0 ||
      (user != 0 && status.st_uid != user)) {
    return false;
  }
  const SocketAddress itself = address_of_open(opened.get());
  return ::connect(data.get(), itself.get(), itself.size()) == 0;
}

std::unique_ptr<VdeGuest> VdeIntroduction::end(PeerSocket control) {
  if (connecting_ == nullptr || !connecting_->task().is_connected) {
    return nullptr;
  }
  const std::vector<std::byte> answer = VdeRequest::answer(address_);
  const int connection = control.get();
  auto guest = VdeGuest::open({.number = std::move(number_),
                               .control = std::move(control),
                               .data = std::move(connecting_->task().data),
                               .file = std::move(file_),
                               .description = description_});
  if (!guest || ::send(connection, answer.data(), answer.size(), MSG_DONTWAIT | MSG_NOSIGNAL) !=
                    static_cast<ssize_t>(answer.size())) {
    return nullptr;
  }
  return std::move(*guest);
}

}  // namespace tapswitch
