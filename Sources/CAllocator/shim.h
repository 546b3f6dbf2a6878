#ifndef SALLYPORT_CALLOCATOR_H
#define SALLYPORT_CALLOCATOR_H

#ifdef __GLIBC__
#include <malloc.h>
#elif defined(__has_include)
#if __has_include(<features.h>)
#include <features.h>
#endif
#ifdef __GLIBC__
#include <malloc.h>
#endif
#endif

/// Keeps freed memory of up to these sizes for the program; does nothing without glibc.
static inline void sallyport_keep_freed_memory(int largest_block, int most_kept) {
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, largest_block);
  mallopt(M_TRIM_THRESHOLD, most_kept);
#else
  (void)largest_block;
  (void)most_kept;
#endif
}

#endif
