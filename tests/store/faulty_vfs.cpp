#include "tests/store/faulty_vfs.hpp"

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstring>

namespace titan::store {
namespace {

// What SQLite holds as a file of this layer; the system's own follows in the same memory.
struct FaultyFile {
  sqlite3_file base;
  FaultyVfs* vfs;
  const char* name;
  sqlite3_file* real;
};

FaultyFile& file_of(sqlite3_file* file) {
  return *reinterpret_cast<FaultyFile*>(file);
}

FaultyVfs& faults_of(sqlite3_vfs* vfs) {
  return *static_cast<FaultyVfs*>(vfs->pAppData);
}

sqlite3_vfs* real_of(sqlite3_vfs* vfs) {
  return &faults_of(vfs).real();
}

const char* last_name(const char* path) {
  if (path == nullptr) return "a temporary file";
  const char* slash = std::strrchr(path, '/');
  return slash == nullptr ? path : slash + 1;
}

bool strikes(const FaultyFile& file, const char* call, bool needs_space = false) {
  return file.vfs->strikes(call, file.name, needs_space);
}

int close_file(sqlite3_file* file) {
  sqlite3_file* real = file_of(file).real;
  return real->pMethods == nullptr ? SQLITE_OK : real->pMethods->xClose(real);
}

int read_file(sqlite3_file* file, void* bytes, int count, sqlite3_int64 offset) {
  const FaultyFile& self = file_of(file);
  if (strikes(self, "read")) return self.vfs->code(SQLITE_IOERR_READ);
  return self.real->pMethods->xRead(self.real, bytes, count, offset);
}

int write_file(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 offset) {
  const FaultyFile& self = file_of(file);
  if (!strikes(self, "write", true)) {
    return self.real->pMethods->xWrite(self.real, bytes, count, offset);
  }
  self.real->pMethods->xWrite(self.real, bytes, count / 2, offset);
  return self.vfs->code(SQLITE_IOERR_WRITE);
}

int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
  const FaultyFile& self = file_of(file);
  if (strikes(self, "truncate")) return self.vfs->code(SQLITE_IOERR_TRUNCATE);
  return self.real->pMethods->xTruncate(self.real, size);
}

int sync_file(sqlite3_file* file, int /*flags*/) {
  const FaultyFile& self = file_of(file);
  return strikes(self, "sync") ? self.vfs->code(SQLITE_IOERR_FSYNC) : SQLITE_OK;
}

int size_of_file(sqlite3_file* file, sqlite3_int64* size) {
  const FaultyFile& self = file_of(file);
  if (strikes(self, "size of")) return self.vfs->code(SQLITE_IOERR_FSTAT);
  return self.real->pMethods->xFileSize(self.real, size);
}

int lock_file(sqlite3_file* file, int level) {
  const FaultyFile& self = file_of(file);
  if (strikes(self, "lock")) return self.vfs->code(SQLITE_IOERR_LOCK);
  return self.real->pMethods->xLock(self.real, level);
}

int unlock_file(sqlite3_file* file, int level) {
  sqlite3_file* real = file_of(file).real;
  return real->pMethods->xUnlock(real, level);
}

int check_reserved_lock(sqlite3_file* file, int* found) {
  const FaultyFile& self = file_of(file);
  if (strikes(self, "ask for locks of")) return self.vfs->code(SQLITE_IOERR_CHECKRESERVEDLOCK);
  return self.real->pMethods->xCheckReservedLock(self.real, found);
}

int control_file(sqlite3_file* file, int operation, void* argument) {
  sqlite3_file* real = file_of(file).real;
  return real->pMethods->xFileControl(real, operation, argument);
}

int sector_size(sqlite3_file* file) {
  sqlite3_file* real = file_of(file).real;
  return real->pMethods->xSectorSize(real);
}

int device_characteristics(sqlite3_file* file) {
  sqlite3_file* real = file_of(file).real;
  return real->pMethods->xDeviceCharacteristics(real);
}

int map_shared(sqlite3_file* file, int page, int size, int extend, void volatile** memory) {
  const FaultyFile& self = file_of(file);
  if (strikes(self, "map shared memory of", true)) {
    *memory = nullptr;
    return self.vfs->code(SQLITE_IOERR_SHMMAP);
  }
  return self.real->pMethods->xShmMap(self.real, page, size, extend, memory);
}

int lock_shared(sqlite3_file* file, int offset, int count, int flags) {
  const FaultyFile& self = file_of(file);
  if ((flags & SQLITE_SHM_LOCK) != 0 && strikes(self, "lock shared memory of")) {
    return self.vfs->code(SQLITE_IOERR_SHMLOCK);
  }
  return self.real->pMethods->xShmLock(self.real, offset, count, flags);
}

void shared_barrier(sqlite3_file* file) {
  sqlite3_file* real = file_of(file).real;
  real->pMethods->xShmBarrier(real);
}

int unmap_shared(sqlite3_file* file, int remove) {
  sqlite3_file* real = file_of(file).real;
  return real->pMethods->xShmUnmap(real, remove);
}

// Version 2: without the memory mapping of files.
const sqlite3_io_methods kMethods = {
    .iVersion = 2,
    .xClose = &close_file,
    .xRead = &read_file,
    .xWrite = &write_file,
    .xTruncate = &truncate_file,
    .xSync = &sync_file,
    .xFileSize = &size_of_file,
    .xLock = &lock_file,
    .xUnlock = &unlock_file,
    .xCheckReservedLock = &check_reserved_lock,
    .xFileControl = &control_file,
    .xSectorSize = &sector_size,
    .xDeviceCharacteristics = &device_characteristics,
    .xShmMap = &map_shared,
    .xShmLock = &lock_shared,
    .xShmBarrier = &shared_barrier,
    .xShmUnmap = &unmap_shared,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

int open_file(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* out_flags) {
  FaultyVfs& faults = faults_of(vfs);
  FaultyFile& self = file_of(file);
  self = {.base = {.pMethods = nullptr},
          .vfs = &faults,
          .name = last_name(path),
          .real = reinterpret_cast<sqlite3_file*>(&self + 1)};
  self.real->pMethods = nullptr;
  if (faults.strikes("open", self.name, (flags & SQLITE_OPEN_CREATE) != 0)) {
    static_cast<void>(faults.code(SQLITE_CANTOPEN));  // may be the end of the process
    return SQLITE_CANTOPEN;
  }
  sqlite3_vfs* real = real_of(vfs);
  const int code = real->xOpen(real, path, self.real, flags, out_flags);
  if (code == SQLITE_OK) self.base.pMethods = &kMethods;
  return code;
}

int delete_file(sqlite3_vfs* vfs, const char* path, int /*sync*/) {
  if (faults_of(vfs).strikes("delete", last_name(path), false)) {
    return faults_of(vfs).code(SQLITE_IOERR_DELETE);
  }
  return real_of(vfs)->xDelete(real_of(vfs), path, 0);
}

int access_file(sqlite3_vfs* vfs, const char* path, int flags, int* result) {
  if (faults_of(vfs).strikes("look for", last_name(path), false)) {
    return faults_of(vfs).code(SQLITE_IOERR_ACCESS);
  }
  return real_of(vfs)->xAccess(real_of(vfs), path, flags, result);
}

int full_path(sqlite3_vfs* vfs, const char* path, int count, char* out) {
  if (faults_of(vfs).strikes("find", last_name(path), false)) {
    return faults_of(vfs).code(SQLITE_CANTOPEN_FULLPATH);
  }
  return real_of(vfs)->xFullPathname(real_of(vfs), path, count, out);
}

int randomness(sqlite3_vfs* vfs, int count, char* out) {
  return real_of(vfs)->xRandomness(real_of(vfs), count, out);
}

int sleep_for(sqlite3_vfs* vfs, int micros) {
  return real_of(vfs)->xSleep(real_of(vfs), micros);
}

int current_time(sqlite3_vfs* vfs, double* time) {
  return real_of(vfs)->xCurrentTime(real_of(vfs), time);
}

int last_error(sqlite3_vfs* vfs, int count, char* out) {
  return real_of(vfs)->xGetLastError(real_of(vfs), count, out);
}

std::string next_name() {
  static std::atomic<int> made = 0;
  return "titan-faulty-" + std::to_string(++made);
}

}  // namespace

FaultyVfs::FaultyVfs()
    : name_(next_name()),
      real_(sqlite3_vfs_find(nullptr)),
      vfs_{.iVersion = 1,
           .szOsFile = static_cast<int>(sizeof(FaultyFile)) + real_->szOsFile,
           .mxPathname = real_->mxPathname,
           .pNext = nullptr,
           .zName = name_.c_str(),
           .pAppData = this,
           .xOpen = &open_file,
           .xDelete = &delete_file,
           .xAccess = &access_file,
           .xFullPathname = &full_path,
           .xDlOpen = nullptr,
           .xDlError = nullptr,
           .xDlSym = nullptr,
           .xDlClose = nullptr,
           .xRandomness = &randomness,
           .xSleep = &sleep_for,
           .xCurrentTime = &current_time,
           .xGetLastError = &last_error} {
  sqlite3_vfs_register(&vfs_, 0);
}

FaultyVfs::~FaultyVfs() {
  sqlite3_vfs_unregister(&vfs_);
}

void FaultyVfs::begin(Plan plan) {
  plan_ = plan;
  calls_ = 0;
  struck_.clear();
}

bool FaultyVfs::strikes(const char* call, const char* file, bool needs_space) {
  if (plan_.fault == Fault::disk_full && !needs_space) return false;
  ++calls_;
  const bool now = plan_.at != 0 && (plan_.lasting ? calls_ >= plan_.at : calls_ == plan_.at);
  if (!now) return false;
  if (struck_.empty()) struck_ = std::string(call) + " " + file;
  return true;
}

int FaultyVfs::code(int io_error) const {
  if (plan_.fault == Fault::kill) ::kill(::getpid(), SIGKILL);
  return plan_.fault == Fault::disk_full ? SQLITE_FULL : io_error;
}

}  // namespace titan::store
