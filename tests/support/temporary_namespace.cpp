// SPDX-License-Identifier: Apache-2.0
#include "tests/support/temporary_namespace.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <stdexcept>

#include "tests/support/shell.hpp"

namespace tapswitch::test {
namespace {

int next_number() {
  static std::atomic<int> number{0};
  return ++number;
}

}  // namespace

TemporaryNamespace::TemporaryNamespace(std::string_view purpose)
    : name_(fmt::format("tst-{}-{}-{}", purpose, ::getpid(), next_number())) {
  if (shell("ip netns add " + name_) != 0) {
    throw std::runtime_error("cannot make namespace " + name_);
  }
}

TemporaryNamespace::~TemporaryNamespace() { remove(); }

void TemporaryNamespace::run(const std::function<void()>& work) const {
  run_in_thread(ref().open().value().get(), work).value();
}

void TemporaryNamespace::remove() {
  if (is_there_) {
    shell("ip netns del " + name_);
    is_there_ = false;
  }
}

std::string unique_interface_name(std::string_view prefix) {
  return fmt::format("{}{}-{}", prefix, next_number(), ::getpid()).substr(0, 15);
}

}  // namespace tapswitch::test
