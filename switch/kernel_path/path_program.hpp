// SPDX-License-Identifier: Apache-2.0
// path_program.hpp: loads the programs of the kernel path, with their maps, into the kernel, and
// holds them: with the last descriptor they go.
//
// The build compiles them (kernel_path.bpf.c) and puts the object into this library; nothing is
// compiled, and no file read, when a daemon runs.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "switch/system/kernel_error.hpp"

struct bpf_object;

namespace tapswitch {

class PathProgram {
 public:
  // Returns the object that the build has made.
  [[nodiscard]] static std::span<const std::byte> own_object();

  // An error where the kernel refuses: it lacks what is needed, or this process lacks CAP_BPF and
  // CAP_NET_ADMIN. Each time it is loaded the programs have another secret.
  [[nodiscard]] static KernelResult<PathProgram> load(
      std::span<const std::byte> object = own_object());

  // A descriptor, for as long as this lives; -1: there is none of that name.
  [[nodiscard]] int program(const std::string& name) const;
  [[nodiscard]] int map(const std::string& name) const;

 private:
  struct Close {
    void operator()(bpf_object* object) const;
  };
  using Object = std::unique_ptr<bpf_object, Close>;

  explicit PathProgram(Object object) : object_(std::move(object)) {}

  Object object_;
};

}  // namespace tapswitch
