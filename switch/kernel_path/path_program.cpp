// SPDX-License-Identifier: Apache-2.0
#include "switch/kernel_path/path_program.hpp"

#include <bpf/libbpf.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <random>

namespace tapswitch {
namespace {

KernelError load_error(std::string_view call, int number) {
  return kernel_error(number, call, "load", "the programs of the kernel path",
                      "CAP_BPF and CAP_NET_ADMIN");
}

// The library would write to the daemon's own output; what it has to say is in the error.
int say_nothing(libbpf_print_level /*level*/, const char* /*format*/, va_list /*arguments*/) {
  return 0;
}

// Nobody can know it who has not loaded the programs.
bool set_secret(bpf_object* object) {
  bpf_map* const constants = ::bpf_object__find_map_by_name(object, ".rodata.secret");
  std::random_device device;
  const std::array<std::uint32_t, 2> secret = {device() | 1, device()};
  return constants != nullptr &&
         ::bpf_map__set_initial_value(constants, secret.data(), sizeof secret) == 0;
}

}  // namespace

KernelResult<PathProgram> PathProgram::load(std::span<const std::byte> object) {
  ::libbpf_set_print(&say_nothing);
  bpf_object_open_opts options{};
  options.sz = sizeof options;
  options.object_name = "tapswitch";
  Object opened(::bpf_object__open_mem(object.data(), object.size(), &options));
  if (!opened) {
    return load_error("bpf_object__open_mem", errno);
  }
  if (!set_secret(opened.get())) {
    return load_error("bpf_map__set_initial_value", EINVAL);
  }
  if (const int error = ::bpf_object__load(opened.get())) {
    return load_error("bpf", -error);
  }
  return PathProgram(std::move(opened));
}

int PathProgram::program(const std::string& name) const {
  const bpf_program* const found = ::bpf_object__find_program_by_name(object_.get(), name.c_str());
  return found == nullptr ? -1 : ::bpf_program__fd(found);
}

int PathProgram::map(const std::string& name) const {
  const bpf_map* const found = ::bpf_object__find_map_by_name(object_.get(), name.c_str());
  return found == nullptr ? -1 : ::bpf_map__fd(found);
}

void PathProgram::Close::operator()(bpf_object* object) const { ::bpf_object__close(object); }

}  // namespace tapswitch
