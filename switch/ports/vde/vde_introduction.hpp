// SPDX-License-Identifier: Apache-2.0
// vde_introduction.hpp: a VDE client on its way from its request to its port (vde_guest.hpp): a
// socket is made for it, its own is looked up, and ours is connected to that.
//
// Theory of operation: the client names the file of its socket, and that may lie on a file system
// that answers when it likes; so may the door's directory. So threads look there that may wait
// (slow_task.hpp), first in one, then in the other; the bell rings when one has. The file must be
// the user's who asks, for we may have rights that he has not.
// Limits: one slow call. Threads: the control thread.
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>

#include "switch/ports/vde/vde_guest.hpp"
#include "switch/ports/vde/vde_request.hpp"
#include "switch/system/peer_socket.hpp"
#include "switch/system/slow_task.hpp"
#include "switch/system/socket_file.hpp"

namespace tapswitch {

class VdeIntroduction {
 public:
  // Begins it. Our socket is to be at 'location', for those whom 'access' lets in. Nullptr: what is
  // asked for is not to be had.
  [[nodiscard]] static std::unique_ptr<VdeIntroduction> begin(const VdeRequest& request, uid_t user,
                                                              std::shared_ptr<VdeNumber> number,
                                                              const SocketLocation& location,
                                                              const FileAccess& access,
                                                              SharedBell bell);

  // Goes on when the bell has rung. Returns whether it has come to its end.
  [[nodiscard]] bool proceed();

  // Answers by 'control', the connection by which the client asked. Nullptr if it is not to come
  // in. Requires: it has come to its end; once.
  [[nodiscard]] std::unique_ptr<VdeGuest> end(PeerSocket control);

 private:
  // Gives our socket its file.
  struct Binding {
    void carry_out() noexcept;

    std::shared_ptr<VdeNumber> number;  // by which the file is named
    PeerSocket data;
    SocketLocation location;
    FileAccess access;
    std::optional<SocketFile> file = {};
  };

  // Connects our socket to the client's.
  struct Connecting {
    void carry_out() noexcept;
    [[nodiscard]] bool connect_to_own() const;

    PeerSocket data;
    std::string path;
    uid_t user = 0;
    bool is_connected = false;
  };

  VdeIntroduction(const VdeRequest& request, uid_t user, Binding binding,
                  const SocketAddress& address, SharedBell bell);

  std::shared_ptr<VdeNumber> number_;  // first, for the file is named by it
  SocketFile file_;
  const SocketAddress address_;
  const std::string path_;
  const std::string description_;
  const uid_t user_;
  const SharedBell bell_;
  std::unique_ptr<SlowTask<Binding>> binding_;  // the first, then the second
  std::unique_ptr<SlowTask<Connecting>> connecting_;
};

}  // namespace tapswitch
