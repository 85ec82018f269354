// SPDX-License-Identifier: Apache-2.0
#include "control/config/store.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include "control/config/document.hpp"
#include "control/rpc/error.hpp"
#include "tests/server/temporary_directory.hpp"

namespace tapswitch::config {
namespace store_test {

namespace fs = std::filesystem;

class StoreTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::string path(const std::string& name) const { return directory_.file(name); }

  static rpc::ErrorKind refusal(const std::function<void()>& action) {
    try {
      action();
    } catch (const rpc::Error& error) {
      return error.kind();
    }
    ADD_FAILURE() << "not refused";
    return rpc::ErrorKind::internal_error;
  }

  tapswitch::test::TemporaryDirectory directory_;
  Store store_{path("lab.json")};
};

TEST_F(StoreTest, WhatWasWrittenIsRead) {
  EXPECT_FALSE(store_.exists());
  store_.write("one");
  store_.write("two");
  EXPECT_TRUE(store_.exists());
  EXPECT_EQ(store_.read(), "two");
  EXPECT_FALSE(fs::exists(path("lab.json.new")));
}

TEST_F(StoreTest, ModeOfTheFileStays) {
  store_.write("one");
  fs::permissions(store_.path(), fs::perms(0600));
  store_.write("two");
  EXPECT_EQ(fs::status(store_.path()).permissions(), fs::perms(0600));
}

TEST_F(StoreTest, OwnerOfTheFileStays) {
  if (geteuid() != 0) {
    GTEST_SKIP() << "needs root to give files away";
  }
  store_.write("one");
  ASSERT_EQ(chown(store_.path().c_str(), 1234, 5678), 0);
  store_.write("two");
  struct stat file {};
  ASSERT_EQ(stat(store_.path().c_str(), &file), 0);
  EXPECT_EQ(file.st_uid, 1234U);
  EXPECT_EQ(file.st_gid, 5678U);
}

TEST_F(StoreTest, SymbolicLinkStaysAndItsTargetIsReplaced) {
  fs::create_directory(path("elsewhere"));
  std::ofstream(path("elsewhere/real.json")) << "old";
  fs::create_symlink("elsewhere/real.json", store_.path());
  store_.write("new");
  EXPECT_TRUE(fs::is_symlink(store_.path()));
  EXPECT_EQ(Store(path("elsewhere/real.json")).read(), "new");
}

TEST_F(StoreTest, WhatADeathLeftBehindIsNoHindrance) {
  std::ofstream(path("lab.json.new")) << "half";
  store_.write("whole");
  EXPECT_EQ(store_.read(), "whole");
  EXPECT_FALSE(fs::exists(path("lab.json.new")));
}

TEST_F(StoreTest, MissingDirectoryIsNamed) {
  const Store nowhere(path("no/such/lab.json"));
  EXPECT_EQ(refusal([&] { nowhere.write("x"); }), rpc::ErrorKind::not_found);
  EXPECT_EQ(refusal([&] { (void)nowhere.read(); }), rpc::ErrorKind::not_found);
}

TEST_F(StoreTest, WhatIsNoFileIsNotRead) {
  EXPECT_EQ(refusal([&] { (void)Store(path(".")).read(); }), rpc::ErrorKind::unsupported);
  ASSERT_EQ(mkfifo(path("pipe").c_str(), 0600), 0);
  EXPECT_EQ(refusal([&] { (void)Store(path("pipe")).read(); }), rpc::ErrorKind::unsupported);
}

TEST_F(StoreTest, FileBeyondTheLimitIsRefusedUnread) {
  store_.write("old");
  EXPECT_EQ(refusal([&] { store_.write(std::string(most_document_bytes + 1, ' ')); }),
            rpc::ErrorKind::limit_reached);
  EXPECT_EQ(store_.read(), "old");
  fs::resize_file(store_.path(), 50'000'000);
  EXPECT_EQ(refusal([&] { (void)store_.read(); }), rpc::ErrorKind::limit_reached);
}

}  // namespace store_test
}  // namespace tapswitch::config
