// SPDX-License-Identifier: Apache-2.0
// vde_introduction.hpp: a VDE client on its way from its request to its port (vde_guest.hpp): its
// socket is looked up, and ours is connected to it.
//
// Theory of operation: the client names the file of its socket, and that may lie on a file system
// that answers when it likes. So a thread looks there that may wait (slow_call.hpp); an eventfd,
// the bell, rings when it has. The file must be the user's who asks, for we may have rights that he
// has not.
// Limits: one slow call. Threads: the control thread.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include "switch/ports/vde/vde_guest.hpp"
#include "switch/ports/vde/vde_request.hpp"
#include "switch/system/peer_socket.hpp"
#include "switch/system/slow_call.hpp"
#include "switch/system/socket_file.hpp"
#include "switch/system/unique_fd.hpp"

namespace tapswitch {

class VdeIntroduction {
 public:
  // Begins it. Our socket is to be at 'location', for those whom 'access' lets in. Nullptr: what is
  // asked for is not to be had.
  [[nodiscard]] static std::unique_ptr<VdeIntroduction> begin(const VdeRequest& request, uid_t user,
                                                              std::unique_ptr<VdeNumber> number,
                                                              const SocketLocation& location,
                                                              const FileAccess& access,
                                                              std::shared_ptr<const UniqueFd> bell);

  // Whether the thread has come back.
  [[nodiscard]] bool is_done() const noexcept;

  // Answers by 'control', the connection by which the client asked. Nullptr if it is not to come
  // in. Requires: it is done; once.
  [[nodiscard]] std::unique_ptr<VdeGuest> end(PeerSocket control);

 private:
  struct Call;

  VdeIntroduction(std::unique_ptr<VdeNumber> number, SocketFile file, SocketAddress address,
                  std::string description, std::shared_ptr<Call> call);

  std::unique_ptr<VdeNumber> number_;  // first, for the file is named by it
  SocketFile file_;
  SocketAddress address_;
  std::string description_;
  std::shared_ptr<Call> call_;  // shared with the thread
  SlowCall slow_call_;
};

}  // namespace tapswitch
