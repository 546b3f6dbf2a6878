#ifndef SALLYPORT_CPROCESS_H
#define SALLYPORT_CPROCESS_H

#ifdef __linux__
#include <signal.h>
#include <sys/prctl.h>
#endif

/// Ends this process when the one that started it ends; does nothing outside Linux. A function of
/// variable arguments, such as prctl(2), cannot be called from Swift.
static inline void sallyport_die_with_parent(void) {
#ifdef __linux__
  prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
}

#endif
