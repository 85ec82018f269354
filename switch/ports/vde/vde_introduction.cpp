// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/vde/vde_introduction.hpp"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <atomic>
#include <new>
#include <utility>
#include <vector>

namespace tapswitch {

// A call holds what the thread needs. Whoever lets go of it last closes the socket.
struct VdeIntroduction::Call {
  PeerSocket data;
  std::string path;
  uid_t user = 0;
  std::shared_ptr<const UniqueFd> bell;
  bool is_connected = false;  // to be read when it is done
  std::atomic<bool> is_done = false;

  void carry_out() noexcept {
    try {
      is_connected = connect_to_own();
    } catch (const std::bad_alloc&) {
    }
    is_done.store(true, std::memory_order_release);
    ::eventfd_write(bell->get(), 1);
  }

  // Connects to the client's file, if that is the user's; root may name any but ours, for what is
  // sent to those would come in again, and again. Through a descriptor, so that no other file can
  // be put in its location after the look at it.
  [[nodiscard]] bool connect_to_own() const {
    const UniqueFd file = open_foreign_socket(path, O_NOFOLLOW);
    struct stat status {};
    if (!file.is_open() || ::fstat(file.get(), &status) != 0 ||
        (user != 0 && status.st_uid != user)) {
      return false;
    }
    const SocketAddress itself = address_of_open(file.get());
    return ::connect(data.get(), itself.get(), itself.size()) == 0;
  }
};

std::unique_ptr<VdeIntroduction> VdeIntroduction::begin(const VdeRequest& request, uid_t user,
                                                        std::unique_ptr<VdeNumber> number,
                                                        const SocketLocation& location,
                                                        const FileAccess& access,
                                                        std::shared_ptr<const UniqueFd> bell) {
  auto address = SocketAddress::of_path(location.path);
  PeerSocket data = PeerSocket::open(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK);
  if (number->value() == 0 || !address || !data.is_open()) {
    return nullptr;
  }
  FileAccess given = access;
  if (!given.group && !given.mode) {
    given.owner = user;  // else he is one of those whom they let in
  }
  auto file = SocketFile::bind(data.get(), SOCK_DGRAM, location, given);
  if (!file) {
    return nullptr;
  }
  auto call = std::make_shared<Call>();
  call->data = std::move(data);
  call->path = request.path;
  call->user = user;
  call->bell = std::move(bell);
  return std::unique_ptr<VdeIntroduction>(new VdeIntroduction(
      std::move(number), std::move(*file), *address, request.description, std::move(call)));
}

VdeIntroduction::VdeIntroduction(std::unique_ptr<VdeNumber> number, SocketFile file,
                                 SocketAddress address, std::string description,
                                 std::shared_ptr<Call> call)
    : number_(std::move(number)),
      file_(std::move(file)),
      address_(std::move(address)),
      description_(std::move(description)),
      call_(std::move(call)),
      slow_call_(call_->user, [call = call_] { call->carry_out(); }) {}

bool VdeIntroduction::is_done() const noexcept {
  return call_->is_done.load(std::memory_order_acquire);
}

std::unique_ptr<VdeGuest> VdeIntroduction::end(PeerSocket control) {
  if (!call_->is_connected) {
    return nullptr;
  }
  const std::vector<std::byte> answer = VdeRequest::answer(address_);
  const int connection = control.get();
  auto guest = VdeGuest::open({.number = std::move(number_),
                               .control = std::move(control),
                               .data = std::move(call_->data),
                               .file = std::move(file_),
                               .description = std::move(description_)});
  if (!guest || ::send(connection, answer.data(), answer.size(), MSG_DONTWAIT | MSG_NOSIGNAL) !=
                    static_cast<ssize_t>(answer.size())) {
    return nullptr;
  }
  return std::move(*guest);
}

}  // namespace tapswitch
