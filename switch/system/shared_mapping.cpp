// SPDX-License-Identifier: Apache-2.0
#include "switch/system/shared_mapping.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <mutex>
#include <utility>

namespace tapswitch {
namespace {

// One mapping, whole pages of it, for the handler: what that reads must be there without a lock.
struct Slot {
  std::atomic<std::uintptr_t> begin = 0;  // 0: free
  std::atomic<std::size_t> size = 0;
  std::atomic<int> bell = -1;
  std::atomic<bool> is_lost = false;
};

std::array<Slot, SharedMapping::most> slots;
std::mutex slots_mutex;          // of those who take and free slots
std::uint64_t total_mapped = 0;  // guarded by slots_mutex
struct sigaction action_before {};

// Puts empty memory in the place of a mapping of which a page is not to be had.
bool replace_mapping_at(std::uintptr_t address) noexcept {
  for (Slot& slot : slots) {
    const std::uintptr_t begin = slot.begin.load(std::memory_order_acquire);
    const std::size_t size = slot.size.load(std::memory_order_relaxed);
    if (begin == 0 || address < begin || address - begin >= size) {
      continue;
    }
    // NOLINTNEXTLINE(performance-no-int-to-ptr): it was a pointer before it was a number
    void* const place = reinterpret_cast<void*>(begin);
    if (::mmap(place, size, PROT_READ | PROT_WRITE,
               MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) == MAP_FAILED) {
      return false;
    }
    slot.is_lost = true;
    const std::uint64_t one = 1;
    (void)!::write(slot.bell, &one, sizeof one);
    return true;
  }
  return false;
}

void on_bus_error(int number, siginfo_t* info, void* context) {
  const int saved = errno;
  if (replace_mapping_at(reinterpret_cast<std::uintptr_t>(info->si_addr))) {
    errno = saved;
    return;
  }
  if ((action_before.sa_flags & SA_SIGINFO) != 0) {
    action_before.sa_sigaction(number, info, context);
  } else {
    // The instruction is tried again, and then ends the process as if this had not been here.
    (void)::signal(number, SIG_DFL);
  }
}

void handle_bus_errors() {
  static std::once_flag once;
  std::call_once(once, [] {
    struct sigaction action {};
    action.sa_sigaction = on_bus_error;
    action.sa_flags = SA_SIGINFO | SA_RESTART;
    (void)::sigaction(SIGBUS, &action, &action_before);
  });
}

KernelError cannot_map(int number, std::string_view hint) {
  return {.number = number,
          .call = "mmap",
          .action = "map",
          .object = "memory of a virtual machine",
          .hint = std::string(hint),
          .missing = {}};
}

// Returns what is known of the file. Only files of memory know seals, and to ask for them asks
// no file system.
KernelResult<struct stat> check_file(int file, std::uint64_t offset, std::uint64_t size) {
  if (::fcntl(file, F_GET_SEALS) < 0) {
    return cannot_map(errno, "what was passed is no memfd, and no file of tmpfs or hugetlbfs");
  }
  struct stat status {};
  if (::fstat(file, &status) != 0) {
    return cannot_map(errno, {});
  }
  const auto file_size = static_cast<std::uint64_t>(status.st_size);
  if (size == 0 || size > SharedMapping::max_size || offset > file_size ||
      size > file_size - offset) {
    return cannot_map(EINVAL, "the file does not have so much");
  }
  return status;
}

// Returns SharedMapping::most if none is free. Requires: slots_mutex is held.
std::size_t find_free_slot() {
  std::size_t found = 0;
  while (found < slots.size() && slots[found].begin != 0) {
    ++found;
  }
  return found;
}

}  // namespace

KernelResult<SharedMapping> SharedMapping::map(int file, std::uint64_t offset, std::uint64_t size,
                                               int bell) {
  const auto status = check_file(file, offset, size);
  if (!status) {
    return status.error();
  }
  const auto page = static_cast<std::uint64_t>(status->st_blksize);
  handle_bus_errors();
  const std::uint64_t lead = offset % page;
  const std::uint64_t whole = (lead + size + page - 1) / page * page;
  const std::lock_guard lock(slots_mutex);
  const std::size_t found = find_free_slot();
  if (found == slots.size() || whole > max_total - total_mapped) {
    return cannot_map(ENOMEM, "so much memory of others is mapped already");
  }
  void* const place = ::mmap(nullptr, whole, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE,
                             file, static_cast<off_t>(offset - lead));
  if (place == MAP_FAILED) {
    return cannot_map(errno, {});
  }
  // Memory of a guest is no part of a dump of ours, and may be large.
  (void)::madvise(place, whole, MADV_DONTDUMP);
  total_mapped += whole;
  Slot& slot = slots[found];
  slot.is_lost = false;
  slot.bell = bell;
  slot.size = whole;
  slot.begin.store(reinterpret_cast<std::uintptr_t>(place), std::memory_order_release);
  return SharedMapping(found, {static_cast<std::byte*>(place) + lead, size});
}

SharedMapping::SharedMapping(SharedMapping&& other) noexcept
    : slot_(std::exchange(other.slot_, most)), bytes_(std::exchange(other.bytes_, {})) {}

SharedMapping& SharedMapping::operator=(SharedMapping&& other) noexcept {
  std::swap(slot_, other.slot_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

SharedMapping::~SharedMapping() {
  if (slot_ == most) {
    return;
  }
  const std::lock_guard lock(slots_mutex);
  Slot& slot = slots[slot_];
  const std::uintptr_t begin = slot.begin.exchange(0);
  // NOLINTNEXTLINE(performance-no-int-to-ptr): it was a pointer before it was a number
  (void)::munmap(reinterpret_cast<void*>(begin), slot.size);
  total_mapped -= slot.size;
}

bool SharedMapping::is_lost() const noexcept { return slot_ != most && slots[slot_].is_lost; }

}  // namespace tapswitch
