// SPDX-License-Identifier: Apache-2.0
#include "tools/tapswitchd/system_calls.hpp"

#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/nsfs.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>

#include <fmt/format.h>

#include "switch/system/socket_file.hpp"

#ifndef TUNGETDEVNETNS
#define TUNGETDEVNETNS _IO('T', 227)  // Linux 5.1; not in Debian 12's <linux/if_tun.h>
#endif

namespace tapswitch::daemon {
namespace {

// Allowed with whatever arguments. Some have not existed on every machine; these are skipped there.
constexpr std::array allowed_calls = {
    // Frames, requests, log lines, files of configuration.
    "read", "write", "readv", "writev", "preadv2", "pwritev2", "pread64", "pwrite64", "close",
    "lseek", "fcntl", "open", "openat", "stat", "lstat", "fstat", "newfstatat", "statx", "statfs",
    "fstatfs", "access", "faccessat", "faccessat2", "readlink", "readlinkat", "getdents64",
    "getcwd", "fsync", "fdatasync", "ftruncate", "rename", "renameat", "renameat2", "link",
    "linkat", "unlink", "unlinkat", "mkdir", "mkdirat", "rmdir", "chmod", "fchmod", "fchmodat",
    "chown", "fchown", "fchownat", "umask", "flock", "dup", "dup2", "dup3", "close_range",
    // Sockets; which kinds, is said below.
    "accept", "accept4", "bind", "listen", "connect", "shutdown", "sendto", "sendmsg", "recvfrom",
    "recvmsg", "sendmmsg", "recvmmsg", "getsockname", "getpeername", "getsockopt", "setsockopt",
    "socketpair",
    // Waiting.
    "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2", "poll", "ppoll",
    "select", "pselect6", "eventfd2", "timer_create", "timer_settime", "timer_delete",
    "timerfd_create", "timerfd_settime", "timerfd_gettime", "pipe2", "memfd_create", "nanosleep",
    "clock_nanosleep", "clock_gettime", "clock_getres", "gettimeofday", "time", "restart_syscall",
    // Threads and memory; what of it, is said below.
    "futex", "futex_waitv", "set_robust_list", "get_robust_list", "rseq", "set_tid_address",
    "sched_yield", "sched_getaffinity", "sched_setaffinity", "membarrier", "brk", "munmap",
    "mremap", "madvise", "exit", "exit_group",
    // Signals.
    "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "rt_sigtimedwait", "sigaltstack", "tgkill",
    // About itself.
    "getpid", "gettid", "getppid", "getuid", "geteuid", "getgid", "getegid", "getgroups",
    "getrusage", "getrandom", "uname", "sysinfo", "capget", "prlimit64", "getrlimit"};

using Filter = std::unique_ptr<void, decltype(&seccomp_release)>;

void check(int result, const char* what) {
  if (result < 0) {
    throw std::runtime_error(fmt::format("cannot confine the daemon to its system calls: {}: {}",
                                         what, std::strerror(-result)));
  }
}

template <typename... Comparisons>
void allow(const Filter& filter, const char* name, Comparisons... comparisons) {
  const int number = seccomp_syscall_resolve_name(name);
  if (number != __NR_SCMP_ERROR) {
    check(seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, number, sizeof...(comparisons),
                           comparisons...),
          name);
  }
}

// A comparison of argument 'argument' under a mask.
scmp_arg_cmp masked(unsigned int argument, scmp_datum_t mask, scmp_datum_t value) {
  return {argument, SCMP_CMP_MASKED_EQ, mask, value};
}

scmp_arg_cmp equal(unsigned int argument, scmp_datum_t value) {
  return {argument, SCMP_CMP_EQ, value, 0};
}

void allow_some_arguments(const Filter& filter) {
  // To talk to clients and to the kernel.
  for (const int family : {AF_UNIX, AF_NETLINK}) {
    allow(filter, "socket", equal(0, static_cast<scmp_datum_t>(family)));
  }
  // The daemon has streams to virtual machines, and datagrams of UDP for its ports. The C library
  // names no protocol where it makes a socket of datagrams for itself.
  constexpr scmp_datum_t type_mask = 0xf;  // the rest are flags
  for (const int family : {AF_INET, AF_INET6}) {
    allow(filter, "socket", equal(0, static_cast<scmp_datum_t>(family)),
          masked(1, type_mask, SOCK_STREAM));
    allow(filter, "socket", equal(0, static_cast<scmp_datum_t>(family)),
          masked(1, type_mask, SOCK_DGRAM), equal(2, IPPROTO_UDP));
  }
  // Interfaces that exist, below the protocols.
  allow(filter, "socket", equal(0, AF_PACKET), masked(1, type_mask, SOCK_RAW));
  // The requests of TAPs carry their size, which tells them from a terminal's of the same letter.
  constexpr scmp_datum_t letter = 'T' << _IOC_TYPESHIFT;
  constexpr scmp_datum_t letter_mask = 0xffU << _IOC_TYPESHIFT;
  for (const scmp_datum_t direction :
       {scmp_datum_t{_IOC_READ} << _IOC_DIRSHIFT, scmp_datum_t{_IOC_WRITE} << _IOC_DIRSHIFT}) {
    allow(filter, "ioctl", masked(1, letter_mask | direction, letter | direction));
  }
  // Besides: whether the log goes to a terminal, what namespaces and sockets are, and
  // how fast a TAP says it is.
  for (const scmp_datum_t request :
       {scmp_datum_t{TCGETS}, scmp_datum_t{TUNGETDEVNETNS}, scmp_datum_t{NS_GET_NSTYPE},
        scmp_datum_t{FIONBIO}, scmp_datum_t{FIONREAD}, scmp_datum_t{SIOCOUTQ},
        scmp_datum_t{open_bound_file}, scmp_datum_t{SIOCGIFNAME}, scmp_datum_t{SIOCGIFHWADDR},
        scmp_datum_t{SIOCGSKNS}, scmp_datum_t{SIOCETHTOOL}}) {
    allow(filter, "ioctl", equal(1, request));
  }
  // Threads, but no processes.
  allow(filter, "clone", masked(0, CLONE_THREAD, CLONE_THREAD));
  // Memory, but none that can be executed.
  for (const char* name : {"mmap", "mmap2", "mprotect"}) {
    allow(filter, name, masked(2, PROT_EXEC, 0));
  }
  // The maps of the kernel path, whose programs are loaded before and put at interfaces later.
  for (const scmp_datum_t command :
       {scmp_datum_t{BPF_MAP_LOOKUP_ELEM}, scmp_datum_t{BPF_MAP_UPDATE_ELEM},
        scmp_datum_t{BPF_MAP_DELETE_ELEM}, scmp_datum_t{BPF_LINK_CREATE}}) {
    allow(filter, "bpf", equal(0, command));
  }
  allow(filter, "prctl", equal(0, PR_SET_NAME));
  // Network namespaces alone are entered: the kernel refuses a descriptor of any
  // other with this flag.
  allow(filter, "setns", equal(1, CLONE_NEWNET));
  // The C library, asked by a filter of captures for the number of `port http`, would look which of
  // its addresses are in reach, and goes on without. It asks no name server for a host either.
  for (const int family : {AF_INET, AF_INET6}) {
    check(seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(EACCES), SCMP_SYS(socket), 3,
                           equal(0, static_cast<scmp_datum_t>(family)),
                           masked(1, type_mask, SOCK_DGRAM), equal(2, 0)),
          "socket");
  }
}

Filter filter_with(std::uint32_t otherwise) {
  Filter filter(seccomp_init(otherwise), &seccomp_release);
  if (!filter) {
    throw std::runtime_error("cannot confine the daemon to its system calls: no memory");
  }
  check(seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2), "optimise");
  return filter;
}

// The flags of clone3 are behind a pointer. The C library tries it for each thread and then takes
// clone: a filter of its own refuses it, of which nothing is noted.
void refuse_clone3() {
  const Filter filter = filter_with(SCMP_ACT_ALLOW);
  check(seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0), "clone3");
  check(seccomp_load(filter.get()), "load");
}

}  // namespace

void refuse_other_system_calls() {
#ifdef TAPSWITCH_SANITIZED
  return;  // a sanitizer makes calls of its own
#endif
  // Whoever knows the names of users may be in a library, which could not be loaded any more.
  (void)getpwnam("no such user");
  refuse_clone3();
  const Filter filter = filter_with(SCMP_ACT_ERRNO(EPERM));
  // Refusals are noted; an older kernel cannot.
  (void)seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_LOG, 1);
  allow(filter, "clone3");
  for (const char* name : allowed_calls) {
    allow(filter, name);
  }
  allow_some_arguments(filter);
  check(seccomp_load(filter.get()), "load");
}

}  // namespace tapswitch::daemon
