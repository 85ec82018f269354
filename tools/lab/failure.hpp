// SPDX-License-Identifier: Apache-2.0
// failure.hpp: why a lab verb could not do what it was asked; its text is for the person.
#pragma once

#include <stdexcept>
#include <string>

namespace tapswitch::lab {

class Failure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The record of a lab cannot be read.
class BrokenState : public Failure {
 public:
  using Failure::Failure;
};

// Throws a Failure that says what could not be done, and with what 'errno' why.
[[noreturn]] void fail(const std::string& what, const std::string& hint = {});

// The person pressed Ctrl-C, or somebody ends us: what was begun is taken back.
class Interrupted : public Failure {
 public:
  Interrupted() : Failure("interrupted") {}
};

}  // namespace tapswitch::lab
