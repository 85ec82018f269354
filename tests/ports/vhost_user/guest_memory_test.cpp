// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/vhost_user/guest_memory.hpp"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "switch/system/bell.hpp"

namespace tapswitch {
namespace guest_memory_test {

using Region = VhostMessage::Region;

constexpr std::uint64_t page = 4'096;
constexpr std::uint64_t top = ~std::uint64_t{0};

struct RegionCase {
  const char* name;
  std::vector<Region> regions;
  bool is_right;
};

const RegionCase region_cases[] = {
    {"None", {}, true},
    {"One", {{0, page, page, 0}}, true},
    {"Neighbours", {{0, page, 0, 0}, {page, page, page, 0}}, true},
    {"OtherOrder", {{page, page, 0, 0}, {0, page, page, 0}}, true},
    {"Empty", {{0, 0, 0, 0}}, false},
    {"OverlapInTheGuest", {{0, 2 * page, 0, 0}, {page, page, 4 * page, 0}}, false},
    {"OverlapInTheFrontEnd", {{0, page, 0, 0}, {page, page, 1, 0}}, false},
    {"Same", {{0, page, 0, 0}, {0, page, 0, 0}}, false},
    {"WrapsInTheGuest", {{top - 10, page, 0, 0}}, false},
    {"WrapsInTheFrontEnd", {{0, page, top - 10, 0}}, false},
    {"WrapsInTheFile", {{0, page, 0, top - 10}}, false},
    {"AllThereIs", {{0, top, 0, 0}}, true},
};

TEST(GuestMemory, HasRegionsThatCanBe) {
  for (const RegionCase& each : region_cases) {
    EXPECT_EQ(fault_of(each.regions).empty(), each.is_right) << each.name;
  }
}

class GuestMemoryTest : public testing::Test {
 protected:
  static UniqueFd file_of(std::uint64_t size) {
    UniqueFd file(::memfd_create("guest", MFD_CLOEXEC));
    EXPECT_EQ(::ftruncate(file.get(), static_cast<off_t>(size)), 0);
    return file;
  }
  void map(const std::vector<Region>& regions, std::uint64_t file_size) {
    for (std::size_t i = 0; i < regions.size(); ++i) {
      files_.push_back(file_of(file_size));
    }
    auto memory = GuestMemory::map(regions, files_, bell_.descriptor());
    if (memory) {
      memory_ = std::move(*memory);
    }
  }

  Bell bell_;
  std::vector<UniqueFd> files_;
  std::shared_ptr<const GuestMemory> memory_;
};

TEST_F(GuestMemoryTest, FindsWhatTheGuestHas) {
  map({{.guest = 0x1000, .size = 2 * page, .user = 0x9000, .offset = 0},
       {.guest = 0x3000, .size = page, .user = 0x1000, .offset = 100}},
      4 * page);
  ASSERT_NE(memory_, nullptr);
  EXPECT_EQ(memory_->at(0x1000, 10).size(), 10U);
  EXPECT_EQ(memory_->at(0x2fff, 10).size(), 1U) << "the rest is in another region";
  EXPECT_EQ(memory_->at(0x3000, 10).size(), 10U);
  EXPECT_TRUE(memory_->at(0x4000, 1).empty());
  EXPECT_TRUE(memory_->at(0xfff, 1).empty());
  EXPECT_TRUE(memory_->at(top, 1).empty());
  EXPECT_EQ(memory_->at_user(0x9000, 2 * page, 16), memory_->at(0x1000, 1).data());
  EXPECT_EQ(memory_->at_user(0x9000, 2 * page + 1, 16), nullptr);
  EXPECT_EQ(memory_->at_user(0x9001, 1, 2), nullptr) << "it is not aligned";
  EXPECT_EQ(memory_->at_user(0x8fff, 1, 1), nullptr);
  EXPECT_EQ(memory_->at_user(top, 2, 1), nullptr);
  EXPECT_EQ(memory_->at_user(0x9000, top, 1), nullptr);
}

TEST_F(GuestMemoryTest, IsWhatIsInTheFile) {
  map({{.guest = 0, .size = page, .user = 0, .offset = 100}}, 2 * page);
  ASSERT_NE(memory_, nullptr);
  ASSERT_EQ(::pwrite(files_[0].get(), "x", 1, 100 + 7), 1);
  EXPECT_EQ(memory_->at(7, 1)[0], std::byte{'x'});
}

TEST_F(GuestMemoryTest, HasNoMoreThanTheFile) {
  map({{.guest = 0, .size = 2 * page, .user = 0, .offset = 1}}, 2 * page);
  EXPECT_EQ(memory_, nullptr);
}

TEST_F(GuestMemoryTest, IsNoFileThatAStrangersFileSystemAnswersFor) {
  for (const char* path : {"/proc/self/exe", "/dev/zero", "/proc/self/mem"}) {
    std::vector<UniqueFd> files;
    files.emplace_back(::open(path, O_RDONLY | O_CLOEXEC));
    const std::vector<Region> regions{{0, page, 0, 0}};
    const auto memory = GuestMemory::map(regions, files, bell_.descriptor());
    ASSERT_FALSE(memory) << path;
    EXPECT_NE(memory.error().message().find("memfd"), std::string::npos);
  }
}

// The signal comes to whoever touches it, here or in the C library.
TEST_F(GuestMemoryTest, OfAFileThatWasShortenedIsLostAndNothingElseIs) {
  map({{.guest = 0, .size = 4 * page, .user = 0, .offset = 0},
       {.guest = 8 * page, .size = page, .user = 8 * page, .offset = 0}},
      4 * page);
  ASSERT_NE(memory_, nullptr);
  memory_->at(0, 1)[0] = std::byte{1};
  memory_->at(8 * page, 1)[0] = std::byte{2};
  ASSERT_EQ(::ftruncate(files_[0].get(), static_cast<off_t>(page)), 0);
  EXPECT_FALSE(memory_->is_lost());
  EXPECT_EQ(memory_->at(3 * page, 1)[0], std::byte{0});
  EXPECT_TRUE(memory_->is_lost());
  eventfd_t rings = 0;
  EXPECT_EQ(::eventfd_read(bell_.descriptor(), &rings), 0);
  EXPECT_EQ(memory_->at(0, 1)[0], std::byte{0}) << "all of the region is nobody's";
  memory_->at(2 * page, 1)[0] = std::byte{3};
  EXPECT_EQ(memory_->at(8 * page, 1)[0], std::byte{2});
}

TEST_F(GuestMemoryTest, SignalOfOthersEndsTheProcessAsEver) {
  map({{.guest = 0, .size = page, .user = 0, .offset = 0}}, page);
  const UniqueFd file = file_of(page);
  auto* const other =
      static_cast<volatile char*>(::mmap(nullptr, page, PROT_READ, MAP_SHARED, file.get(), 0));
  ASSERT_EQ(::ftruncate(file.get(), 0), 0);
  EXPECT_DEATH((void)other[0], "");
}

}  // namespace guest_memory_test
}  // namespace tapswitch
