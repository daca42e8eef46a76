/* Preloaded into a program: delays every sync of a file by SLOW_SYNC_MS, as a slower disk would. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

typedef int (*sync_call)(int);

static void wait_for_the_disk(void) {
  const char *text = getenv("SLOW_SYNC_MS");
  long ms = text ? atol(text) : 0;
  struct timespec pause = {ms / 1000, ms % 1000 * 1000000};
  nanosleep(&pause, 0);
}

int fsync(int descriptor) {
  wait_for_the_disk();
  return ((sync_call)dlsym(RTLD_NEXT, "fsync"))(descriptor);
}

int fdatasync(int descriptor) {
  wait_for_the_disk();
  return ((sync_call)dlsym(RTLD_NEXT, "fdatasync"))(descriptor);
}
