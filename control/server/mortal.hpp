// SPDX-License-Identifier: Apache-2.0
// mortal.hpp: one of many connections, which ends by itself, and no other with it, when there is no
// memory for what it does.
#pragma once

#include <exception>

namespace tapswitch::server {

// 'Connection' derives from it, has end(), and is its friend.
template <class Connection>
class Mortal {
 private:
  friend Connection;

  Mortal() = default;

  // Each handler of the connection goes through here: what throws within it ends the connection.
  template <class Step>
  void survive(const Step& step) {
    try {
      step();
    } catch (const std::exception&) {
      static_cast<Connection&>(*this).end();
    }
  }
};

}  // namespace tapswitch::server
