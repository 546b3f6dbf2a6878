// A library to preload into a program, which makes its n-th write to certain files go wrong.
//
//   FAULT_FILES  a text that the paths of the files contain
//   FAULT_AT     which write, truncation or synchronisation goes wrong, counted from 1
//   FAULT_MODE   kill   the process ends before it, as in a power cut
//                torn   the process ends when half of it is written
//                full   it fails for want of space, and so do all later ones
//                error  it fails with an input/output error, and later ones work
//   FAULT_MARK   a file that is made when that happens
//
// Built by the tests: cc -shared -fPIC -o failing_writes.so failing_writes.c -ldl

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_long count;

static int concerns(int file) {
  const char *files = getenv("FAULT_FILES");
  if (!files)
    return 0;
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length <= 0)
    return 0;
  path[length] = 0;
  // The index of the log lives in shared memory and is made anew after a crash.
  return strstr(path, files) && !strstr(path, "-shm");
}

enum fate { GOES_ON, FAILS, TEARS };

static enum fate fate(int file) {
  if (!concerns(file))
    return GOES_ON;
  const char *at = getenv("FAULT_AT"), *mode = getenv("FAULT_MODE");
  if (!at || !mode)
    return GOES_ON;
  long number = atomic_fetch_add(&count, 1) + 1, wanted = atol(at);
  if (number < wanted)
    return GOES_ON;
  const char *mark = getenv("FAULT_MARK");
  if (mark && number == wanted)
    close(open(mark, O_CREAT | O_WRONLY, 0600));
  if (!strcmp(mode, "full")) {
    errno = ENOSPC;
    return FAILS;
  }
  if (number > wanted)
    return GOES_ON;
  if (!strcmp(mode, "torn"))
    return TEARS;
  if (!strcmp(mode, "kill"))
    kill(getpid(), SIGKILL);
  errno = EIO;
  return FAILS;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

#define WRITES_AT(name, offset_type)                                                               \
  ssize_t name(int file, const void *bytes, size_t length, offset_type offset) {                   \
    switch (fate(file)) {                                                                          \
    case FAILS:                                                                                    \
      return -1;                                                                                   \
    case TEARS:                                                                                    \
      REAL(name)(file, bytes, length / 2, offset);                                                 \
      kill(getpid(), SIGKILL);                                                                     \
    default:                                                                                       \
      return REAL(name)(file, bytes, length, offset);                                              \
    }                                                                                              \
  }

#define CHANGES(name, parameters, arguments)                                                       \
  int name parameters {                                                                            \
    switch (fate(file)) {                                                                          \
    case FAILS:                                                                                    \
      return -1;                                                                                   \
    case TEARS:                                                                                    \
      kill(getpid(), SIGKILL);                                                                     \
    default:                                                                                       \
      return REAL(name) arguments;                                                                 \
    }                                                                                              \
  }

WRITES_AT(pwrite, off_t)
WRITES_AT(pwrite64, off64_t)

ssize_t write(int file, const void *bytes, size_t length) {
  switch (fate(file)) {
  case FAILS:
    return -1;
  case TEARS:
    REAL(write)(file, bytes, length / 2);
    kill(getpid(), SIGKILL);
  default:
    return REAL(write)(file, bytes, length);
  }
}

CHANGES(ftruncate, (int file, off_t length), (file, length))
CHANGES(ftruncate64, (int file, off64_t length), (file, length))
CHANGES(fsync, (int file), (file))
CHANGES(fdatasync, (int file), (file))
